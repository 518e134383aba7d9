/** What a foreign JSON text may hold before anything is built from it. */
export interface JsonLimits {
  /** Most objects and lists inside each other. */
  readonly depth: number;
  /** Most values, each object and list among them. */
  readonly values: number;
}

/**
 * What `JSON.parse` lets pass: a name that stands twice in an object, where the last would win silently, nesting deeper and
 * more values than wanted. Undefined when there is nothing; a text that is no JSON is JSON.parse's to refuse.
 */
export function jsonShapeProblem(text: string, { depth, values }: JsonLimits): string | undefined {
  /** One for each open bracket: the names so far of an object, undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let separators = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, i);
      const names = open.at(-1);
      if (names !== undefined && isFollowedByColon(text, end)) {
        const name = text.slice(i, end + 1);
        if (names.has(name)) return `names ${name.length > 60 ? `${name.slice(0, 57)}…"` : name} twice`;
        names.add(name);
      }
      i = end;
    }
    if (open.length > depth) return `is nested deeper than ${depth} levels`;
    if (character === ',' || character === '{' || character === '[') separators += 1;
    if (separators > values) return `contains more than ${values} values`;
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function isFollowedByColon(text: string, end: number): boolean {
  let i = end + 1;
  while (i < text.length && ' \t\n\r'.includes(text[i] as string)) i++;
  return text[i] === ':';
}
