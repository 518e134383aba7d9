import { RandomStream } from '@retort/foundation/random';
import type { Tokens, TokensMetadata } from '@retort/tables';

export const METADATA: TokensMetadata = {
  tokenizerDigest: 'a'.repeat(64),
  vocabularySize: 30,
  maxSequenceLength: 24,
  padId: 0,
  unkId: 1,
  clsId: 2,
  sepId: 3,
  maskId: 4,
};

/** Rows `[CLS] words [SEP] words [SEP]` of given lengths, words from 5 on; the second part is segment 1. */
export function tokensOf(lengths: readonly number[], metadata: TokensMetadata = METADATA): Tokens {
  const random = new RandomStream(11);
  const rows = lengths.map((length) => {
    const row = Array.from({ length }, () => 5 + random.below(metadata.vocabularySize - 5));
    row[0] = metadata.clsId;
    row[length - 1] = metadata.sepId;
    const first = Math.max(2, Math.ceil(length / 2));
    if (first < length) row[first - 1] = metadata.sepId;
    return { row, first: Math.min(first, length) };
  });
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = (offsets[i] as number) + length;
  const { task } = metadata;
  return {
    metadata,
    rowCount: lengths.length,
    tokenIds: Int32Array.from(rows.flatMap(({ row }) => row)),
    offsets,
    firstSegmentLengths: Int32Array.from(rows, ({ first }) => first),
    ...(task?.kind === 'classes' && { labels: Int32Array.from(lengths, (_, i) => i % task.labels.length) }),
    ...(task?.kind === 'regression' && { labels: Float32Array.from(lengths, (_, i) => i / 4) }),
  };
}

/** Lengths from 3 to 24, in no order. */
export const LENGTHS: readonly number[] = Array.from({ length: 37 }, (_, i) => 3 + ((i * 13) % 22));
