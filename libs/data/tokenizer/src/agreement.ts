import { basename } from 'node:path';
import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import type { Addition } from './added-tokens.ts';
import type { AdditionFile, TokenizerSettings } from './load-vocabulary.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

// Files of one folder that would give different ids: TOKENIZER_DISAGREES.

function disagreement(message: string, file: string | undefined, line?: number): Diagnostic {
  const location = { ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
  return { code: 'TOKENIZER_DISAGREES', message, location };
}

/** Between `vocab.txt` and `tokenizer.json`. */
export function tokenProblems({
  json: { pieces },
  tokens,
  file,
}: {
  json: TokenizerJson;
  tokens: readonly string[] | undefined;
  file: string | undefined;
}): Diagnostic[] {
  if (tokens === undefined) return [];
  const id = Array.from({ length: Math.max(tokens.length, pieces.length) }, (_, i) => i).find(
    (i) => tokens[i] !== pieces[i],
  );
  if (id === undefined) return [];
  const message =
    `vocab.txt has ${tokens.length} tokens, tokenizer.json ${pieces.length}; they first differ at id ${id}: ` +
    `${shown(tokens[id])} and ${shown(pieces[id])}. Remove the file that does not belong to the model.`;
  return [disagreement(message, file, id + 1)];
}

/** Between `tokenizer_config.json` and `tokenizer.json`. */
export function settingProblems({
  json: { normalizer },
  settings,
  file,
}: {
  json: TokenizerJson;
  settings: TokenizerSettings['normalizer'];
  file: string | undefined;
}): Diagnostic[] {
  const { lowercase, stripAccents = lowercase } = normalizer;
  const known = { ...normalizer, stripAccents };
  return Object.entries(settings)
    .filter(([name, value]) => known[name as keyof typeof known] !== value)
    .map(([name, value]) =>
      disagreement(
        `${name} is ${value} in tokenizer_config.json, but ${!value} in tokenizer.json. Set both to what the model was trained with.`,
        file,
      ),
    );
}

/** Between added tokens that two files list. @param name  the file of `known` */
export function additionProblems(
  known: readonly Addition[],
  { decoder, map }: Pick<TokenizerSettings, 'decoder' | 'map'>,
  name = 'tokenizer.json',
): Diagnostic[] {
  const ids = new Map(known.map((token) => [token.content, token]));
  return [
    ...wrongIn(decoder, (token) => {
      const other = ids.get(token.content);
      return other?.id === token.id && other.singleWord === token.singleWord && other.normalized === token.normalized;
    }),
    ...wrongIn(map, (token) => ids.get(token.content)?.id === token.id),
  ].map(({ file, token: { id, content } }) =>
    disagreement(
      `The added token ${shown(content)} with the id ${id} differs from the one in ${basename(name)}. Make both files match what the model was trained with.`,
      file,
    ),
  );
}

function wrongIn(
  from: AdditionFile | undefined,
  isSame: (token: Addition) => boolean,
): { file: string; token: Addition }[] {
  if (from === undefined) return [];
  return from.additions
    .filter((token) => !isSame(token))
    .slice(0, 5)
    .map((token) => ({ file: from.file, token }));
}
