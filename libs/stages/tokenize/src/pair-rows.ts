import type { TokenRows } from '@retort/tables';
import type { Tokenizer } from '@retort/tokenizer';
import type { SentencePair } from './sentence-pairs.ts';

/** `[CLS] first [SEP] second [SEP]`: two segments, or one where the tokenizer has it so. */
export function pairRows(pairs: readonly SentencePair[], { clsId, sepId, frame }: Tokenizer): TokenRows {
  const between = Array.from({ length: frame.separators }, () => sepId);
  const offsets = new Int32Array(pairs.length + 1);
  for (const [row, { first, second }] of pairs.entries())
    offsets[row + 1] = (offsets[row] as number) + first.length + second.length + between.length + 2;
  const tokenIds = new Int32Array(offsets[pairs.length] as number);
  for (const [row, { first, second }] of pairs.entries())
    tokenIds.set([clsId, ...first, ...between, ...second, sepId], offsets[row] as number);
  const firstSegmentLengths = Int32Array.from(pairs, ({ first, second }) =>
    frame.segments === 1 ? first.length + second.length + between.length + 2 : first.length + 2,
  );
  return { rowCount: pairs.length, tokenIds, offsets, firstSegmentLengths };
}
