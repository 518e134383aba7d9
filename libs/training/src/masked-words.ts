import type { TokensMetadata } from '@retort/columnar';
import type { HostTensor } from '@retort/engine';
import { RandomStream } from '@retort/random';
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

/**
 * Chooses `probability` of the real, non-special tokens; of those 80 % become [MASK], 10 % a random word, 10 % stay.
 * Their number depends on the batch's shape alone, so that the compiled step fits every batch of a shape: where a batch
 * has fewer candidates the rest is filling of weight 0.
 *
 * @see BERT, arXiv:1810.04805, section 3.1
 */
export function maskWords({
  batch,
  metadata,
  probability,
  key,
}: {
  batch: TokenBatch;
  metadata: TokensMetadata;
  probability: number;
  key: number;
}): MaskedWords {
  const random = new RandomStream(key);
  const original = batch.tokenIds.data as Int32Array;
  const special = new Set([metadata.padId, metadata.clsId, metadata.sepId]);
  const candidates: number[] = [];
  for (let i = 0; i < original.length; i++) {
    if (isReal(batch, i) && !special.has(original[i] as number)) candidates.push(i);
  }
  const size = Math.max(1, Math.round(original.length * probability));
  const chosen = random
    .shuffle(candidates)
    .slice(0, Math.min(size, Math.max(1, Math.round(candidates.length * probability))));
  const tokenIds = original.slice();
  const positions = new Int32Array(size);
  const words = new Int32Array(size);
  const weights = new Float32Array(size);
  for (const [i, position] of chosen.entries()) {
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
