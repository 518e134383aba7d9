/** Where something is in a JSON document: member names and list positions, from the root. */
export type JsonPath = readonly (string | number)[];

/** `['stages', 'a/b', 0]` -> `/stages/a~1b/0` (RFC 6901). */
export function toPointer(path: JsonPath): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** `/stages/a~1b/0` -> `['stages', 'a/b', '0']`. List positions stay text. */
export function fromPointer(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
