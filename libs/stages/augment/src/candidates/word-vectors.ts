import { InvalidInputError } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import { largest } from '../largest.ts';
import type { CandidateSource } from './source.ts';

const MAX_BYTES_PER_LINE = 100_000;

interface Vectors {
  readonly words: readonly string[];
  readonly rowOf: ReadonlyMap<string, number>;
  /** Length 1 each, row after row. */
  readonly values: Float32Array;
  readonly size: number;
}

/** The nearest words by cosine in a file of word vectors; the word itself is none of them. */
export async function vectorSource(
  { path, label }: { path: string; label: string },
  { count, rows }: { count: number; rows: number },
): Promise<CandidateSource> {
  const vectors = await readVectors(path, { label, rows });
  const known = new Map<string, readonly string[]>();
  const nearest = (word: string): readonly string[] => {
    const row = vectors.rowOf.get(word);
    if (row === undefined) return [];
    const found = known.get(word) ?? nearestWords(vectors, row, count);
    known.set(word, found);
    return found;
  };
  return {
    find: async (requests) => requests.map(({ word }) => nearest(word.text.toLowerCase())),
    dispose: async () => {},
  };
}

/**
 * Reads GloVe's text format: a word and its numbers a line, with spaces between. A first line of two whole numbers, as
 * word2vec writes, is skipped; of a word that comes twice the first vector counts.
 *
 * @throws InvalidInputError VECTORS_INVALID for a line of another size or with something that is no number
 */
async function readVectors(path: string, { label, rows }: { label: string; rows: number }): Promise<Vectors> {
  const words: string[] = [];
  const rowOf = new Map<string, number>();
  const parts: Float32Array[] = [];
  let size = 0;
  for await (const lines of readLines(path, { label, maxBytesPerLine: MAX_BYTES_PER_LINE })) {
    for (const { number, text, problem } of lines) {
      if (problem) throw new InvalidInputError([problem]);
      if (text === '' || (number === 1 && /^\d+ \d+$/.test(text))) continue;
      if (words.length === rows) break;
      const [word = '', ...numbers] = text.trimEnd().split(' ');
      size ||= numbers.length;
      const vector = unitVector(numbers);
      if (word === '' || numbers.length !== size || vector === undefined)
        throw invalid(
          { label, number },
          `Expected a word and ${size || 'its'} numbers, got ${JSON.stringify(text.slice(0, 80))}.`,
        );
      if (rowOf.has(word)) continue;
      rowOf.set(word, words.length);
      words.push(word);
      parts.push(vector);
    }
    if (words.length === rows) break;
  }
  if (words.length === 0) throw invalid({ label, number: 1 }, 'The file has no vectors.');
  const values = new Float32Array(words.length * size);
  for (const [row, part] of parts.entries()) values.set(part, row * size);
  return { words, rowOf, values, size };
}

function invalid({ label, number }: { label: string; number: number }, message: string): InvalidInputError {
  return new InvalidInputError([{ code: 'VECTORS_INVALID', message, location: { file: label, line: number } }]);
}

/** Undefined when there are none, or something is no finite number. */
function unitVector(numbers: readonly string[]): Float32Array | undefined {
  const values = Float32Array.from(numbers, Number);
  if (values.length === 0 || numbers.includes('') || !values.every(Number.isFinite)) return undefined;
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? values : values.map((value) => value / length);
}

function nearestWords({ words, values, size }: Vectors, row: number, count: number): string[] {
  const scores = new Float32Array(words.length);
  for (let other = 0; other < words.length; other++) {
    let product = 0;
    for (let i = 0; i < size; i++) product += (values[row * size + i] as number) * (values[other * size + i] as number);
    scores[other] = product;
  }
  scores[row] = Number.NEGATIVE_INFINITY;
  return largest(scores, Math.min(count, words.length - 1)).map((other) => words[other] as string);
}
