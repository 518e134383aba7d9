import type { HostTensor } from '@retort/engine';
import { RandomStream } from '@retort/foundation/random';
import type { TokensMetadata } from '@retort/tables';
import type { TokenBatch } from './token-batch.ts';

/** Inputs of masked-language-model training on one batch. */
export interface MaskedWords {
  /** int32 [batch, width], some replaced */
  readonly tokenIds: HostTensor;
  /** int32 [positions] in the flattened batch */
  readonly positions: HostTensor;
  /** int32 [positions], the words that were there */
  readonly words: HostTensor;
  /** float32 [positions], 1 for real positions, 0 for filling */
  readonly weights: HostTensor;
}

interface MaskedBatch {
  readonly batch: TokenBatch;
  readonly metadata: TokensMetadata;
  readonly probability: number;
}

/**
 * Chooses `probability` of the real, non-special tokens; of those 80 % become [MASK], 10 % a random word, 10 % stay.
 * Their number depends on the batch's shape alone, so that the compiled step fits every batch of a shape: where a batch
 * has fewer candidates the rest is filling of weight 0.
 *
 * @see BERT, arXiv:1810.04805, section 3.1
 */
export function maskWords({ key, ...masked }: MaskedBatch & { readonly key: number }): MaskedWords {
  const random = new RandomStream(key);
  const { batch, probability } = masked;
  const size = Math.max(1, Math.round(batch.tokenIds.data.length * probability));
  const chosen = choose(wordPositions(masked), { probability, random }).slice(0, size);
  return replaceWords(masked, { size, chosen });
}

/**
 * The same row by row, at least one word of each: a row has the same words masked in every batch that it may be in.
 *
 * @param keyOf of the batch's i-th row
 */
export function maskWordsOfRows({
  keyOf,
  ...masked
}: MaskedBatch & { readonly keyOf: (i: number) => number }): MaskedWords {
  const { batch, probability } = masked;
  const [rows, width] = batch.tokenIds.shape as [number, number];
  const positions = wordPositions(masked);
  const chosen = Array.from({ length: rows }, (_, i) => {
    const own = positions.filter((position) => Math.floor(position / width) === i);
    return choose(own, { probability, random: new RandomStream(keyOf(i)) });
  }).flat();
  return replaceWords(masked, { size: rows * Math.max(1, Math.round(width * probability)), chosen });
}

interface Chosen {
  readonly position: number;
  /** Says what becomes of the word. */
  readonly random: RandomStream;
}

/** Positions in the flattened batch that have a word: no special tokens, no padding, no rows that only fill up the batch. */
function wordPositions({ batch, metadata }: MaskedBatch): number[] {
  const special = new Set([metadata.padId, metadata.clsId, metadata.sepId]);
  return [...batch.tokenIds.data.keys()].filter(
    (i) => isReal(batch, i) && !special.has(batch.tokenIds.data[i] as number),
  );
}

function choose(
  positions: readonly number[],
  { probability, random }: { probability: number; random: RandomStream },
): Chosen[] {
  const chosen = random.shuffle([...positions]).slice(0, Math.max(1, Math.round(positions.length * probability)));
  return chosen.map((position) => ({ position, random }));
}

function replaceWords(
  { batch, metadata }: MaskedBatch,
  { size, chosen }: { size: number; chosen: readonly Chosen[] },
): MaskedWords {
  const original = batch.tokenIds.data as Int32Array;
  const tokenIds = original.slice();
  const positions = new Int32Array(size);
  const words = new Int32Array(size);
  const weights = new Float32Array(size);
  for (const [i, { position, random }] of chosen.entries()) {
    positions[i] = position;
    words[i] = original[position] as number;
    weights[i] = 1;
    const draw = random.unit();
    if (draw < 0.8) tokenIds[position] = metadata.maskId;
    else if (draw < 0.9) tokenIds[position] = random.below(metadata.vocabularySize);
  }
  return {
    tokenIds: { data: tokenIds, shape: batch.tokenIds.shape },
    positions: { data: positions, shape: [size] },
    words: { data: words, shape: [size] },
    weights: { data: weights, shape: [size] },
  };
}

function isReal({ keyMask, rowWeights }: TokenBatch, position: number): boolean {
  const width = keyMask.shape[1] as number;
  return keyMask.data[position] === 1 && rowWeights.data[Math.floor(position / width)] === 1;
}
