// Parts of a `tokenizer.json`.

import type { Diagnostic } from '@retort/foundation/diagnostics';

export type Json = Readonly<Record<string, unknown>>;

/** Says what is wrong with a file, at a JSON pointer inside it. */
export type Problem = (message: string, pointer?: string) => Diagnostic;

/** Work grows with its square for a word of single characters; BERT's is 100. */
export const MOST_CHARACTERS_PER_WORD = 256;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tokens by their ids, which must be 0, 1, 2 and so on, each once. */
export function inIdOrder(vocab: Json): string[] | undefined {
  const entries = Object.entries(vocab);
  const tokens: (string | undefined)[] = entries.map(() => undefined);
  for (const [token, id] of entries) {
    const isFree = Number.isInteger(id) && (id as number) >= 0 && (id as number) < entries.length;
    if (!isFree || tokens[id as number] !== undefined) return undefined;
    tokens[id as number] = token;
  }
  return entries.length === 0 ? undefined : (tokens as string[]);
}

/** `[CLS]:0 A:0 [SEP]:0` of a template's parts. */
export function templateText(parts: unknown): string | undefined {
  if (!Array.isArray(parts) || parts.length > 20) return undefined;
  return parts
    .map((part) => {
      const [value] = isObject(part) ? Object.values(part) : [];
      return isObject(value) ? `${String(value['id'])}:${String(value['type_id'])}` : '?';
    })
    .join(' ');
}
