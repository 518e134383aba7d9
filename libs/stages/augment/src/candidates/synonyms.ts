import { InvalidInputError } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import type { CandidateSource } from './source.ts';

const MAX_BYTES_PER_LINE = 10_000;
const MOST_PROBLEMS = 20;

/** A table of two words a line, with a tab between; case does not matter, and the order of the file is kept. */
export async function synonymSource(
  { path, label }: { path: string; label: string },
  { count }: { count: number },
): Promise<CandidateSource> {
  const table = new Map<string, string[]>();
  const problems = [];
  for await (const lines of readLines(path, { label, maxBytesPerLine: MAX_BYTES_PER_LINE })) {
    for (const { number, text, problem } of lines) {
      const [word, synonym, ...rest] = text?.split('\t') ?? [];
      if (problem) problems.push(problem);
      else if (text === '') continue;
      else if (!word || !synonym || rest.length > 0)
        problems.push({
          code: 'SYNONYMS_INVALID',
          message: `Expected two words separated by a tab, got ${JSON.stringify(text?.slice(0, 80))}.`,
          location: { file: label, line: number },
        });
      else add(table, word.toLowerCase(), synonym, count);
      if (problems.length >= MOST_PROBLEMS) throw new InvalidInputError(problems);
    }
  }
  if (problems.length > 0) throw new InvalidInputError(problems);
  return {
    find: async (requests) => requests.map(({ word }) => table.get(word.text.toLowerCase()) ?? []),
    dispose: async () => {},
  };
}

function add(table: Map<string, string[]>, word: string, synonym: string, count: number): void {
  const synonyms = table.get(word);
  if (synonyms === undefined) table.set(word, [synonym]);
  else if (synonyms.length < count && !synonyms.includes(synonym)) synonyms.push(synonym);
}
