import { MaxHeap } from './max-heap.ts';

export interface MergeOptions {
  /** Pieces at most, single characters included. */
  readonly pieceCount: number;
  readonly minimumFrequency: number;
  readonly alphabetSize: number;
}

/** A word as the ids of its pieces. */
interface Word {
  pieces: number[];
  readonly count: number;
}

/** Two neighbouring pieces, and where they occur. */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: Set<Word>;
}

/** More than any vocabulary; `left * PIECE_LIMIT + right` stays an exact number. */
const PIECE_LIMIT = 1 << 24;

/** Pieces in id order: the alphabet, then joined pieces in the order in which they were found. Ties go to the lower ids. */
export function learnMerges(counted: readonly (readonly [string, number])[], options: MergeOptions): string[] {
  const pieces = new PieceTable();
  const words = splitWords(counted, alphabetOf(counted, options.alphabetSize), pieces);
  const pairs = new PairTable();
  for (const word of words) pairs.add(word, 1);
  while (pieces.size < options.pieceCount) {
    const pair = pairs.takeBest();
    if (pair === undefined || pair.count < options.minimumFrequency) break;
    const joined = pieces.idOf(pieces.join(pair.left, pair.right));
    for (const word of Array.from(pair.words)) {
      pairs.add(word, -1);
      word.pieces = replacePair(word.pieces, pair, joined);
      pairs.add(word, 1);
    }
  }
  return pieces.all.slice(0, options.pieceCount);
}

class PieceTable {
  readonly all: string[] = [];
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.all.length;
  }

  idOf(piece: string): number {
    const found = this.#ids.get(piece);
    if (found !== undefined) return found;
    this.#ids.set(piece, this.all.length);
    return this.all.push(piece) - 1;
  }

  join(left: number, right: number): string {
    return (this.all[left] as string) + (this.all[right] as string).slice(2);
  }
}

class PairTable {
  readonly #pairs = new Map<number, Pair>();
  readonly #changed = new Set<Pair>();
  /** Entries whose count is no longer that of their pair are left in, and skipped when they come up. */
  readonly #queue = new MaxHeap<{ count: number; pair: Pair }>(
    (a, b) => a.count - b.count || b.pair.left - a.pair.left || b.pair.right - a.pair.right,
  );

  /** Counts the pairs of a word (`sign` 1), or takes them back (-1) before the word changes. */
  add(word: Word, sign: 1 | -1): void {
    for (let i = 1; i < word.pieces.length; i++) {
      const pair = this.#pairOf(word.pieces[i - 1] as number, word.pieces[i] as number);
      pair.count += sign * word.count;
      if (sign === 1) pair.words.add(word);
      else pair.words.delete(word);
      this.#changed.add(pair);
    }
  }

  takeBest(): Pair | undefined {
    for (const pair of this.#changed) if (pair.count > 0) this.#queue.push({ count: pair.count, pair });
    this.#changed.clear();
    for (let top = this.#queue.pop(); top !== undefined; top = this.#queue.pop()) {
      if (top.count === top.pair.count) return top.pair;
    }
    return undefined;
  }

  #pairOf(left: number, right: number): Pair {
    const key = left * PIECE_LIMIT + right;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, words: new Set() };
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}

/** The most frequent characters; ties go to the lower code point. */
function alphabetOf(counted: readonly (readonly [string, number])[], size: number): Set<string> {
  const counts = new Map<string, number>();
  for (const [word, count] of counted)
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Set(ranked.slice(0, size).map(([character]) => character));
}

/** Words of the alphabet as single characters. Their pieces get the lowest ids, in sorted order. */
function splitWords(
  counted: readonly (readonly [string, number])[],
  alphabet: ReadonlySet<string>,
  pieces: PieceTable,
): Word[] {
  const split = counted
    .map(([word, count]) => ({ characters: [...word], count }))
    .filter(({ characters }) => characters.every((character) => alphabet.has(character)))
    .map(({ characters, count }) => ({
      texts: characters.map((character, i) => (i === 0 ? character : `##${character}`)),
      count,
    }));
  for (const piece of [...new Set(split.flatMap(({ texts }) => texts))].sort()) pieces.idOf(piece);
  return split.map(({ texts, count }) => ({ pieces: texts.map((piece) => pieces.idOf(piece)), count }));
}

function replacePair(pieces: readonly number[], { left, right }: Pair, joined: number): number[] {
  const replaced: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const isPair = pieces[i] === left && pieces[i + 1] === right;
    replaced.push(isPair ? joined : (pieces[i] as number));
    if (isPair) i += 1;
  }
  return replaced;
}
