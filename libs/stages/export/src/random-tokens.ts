import type { BertConfig } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Tokens } from '@retort/tables';
import { specialIds, type Vocabulary, vocabularyDigest } from '@retort/tokenizer/vocabulary';

/** Longest of them: what a sentence has. */
const LONGEST = 48;

/** Rows of random words for models without tokens: of different lengths, every second one a pair if the model reads pairs. */
export function randomTokens(
  config: BertConfig,
  vocabulary: Vocabulary,
  { rows, seed }: { rows: number; seed: number },
): Tokens {
  const random = new RandomStream(streamKey(seed, 'export', 'rows'));
  const specials = specialIds(vocabulary, 'the tokenizer');
  const { clsId, sepId } = specials;
  const longest = Math.min(config.maxPositions, LONGEST);
  const offsets = new Int32Array(rows + 1);
  const firstSegmentLengths = new Int32Array(rows);
  const ids: number[] = [];
  for (let row = 0; row < rows; row++) {
    const length = Math.min(longest, 3 + random.below(Math.max(1, longest - 2)));
    const words = Array.from({ length: length - 2 }, () => random.below(config.vocabularySize));
    ids.push(clsId, ...words, sepId);
    offsets[row + 1] = ids.length;
    firstSegmentLengths[row] = row % 2 === 0 || config.segmentTypes < 2 ? length : Math.ceil(length / 2);
  }
  return {
    rowCount: rows,
    tokenIds: Int32Array.from(ids),
    offsets,
    firstSegmentLengths,
    metadata: {
      tokenizerDigest: vocabularyDigest(vocabulary),
      vocabularySize: config.vocabularySize,
      maxSequenceLength: longest,
      ...specials,
    },
  };
}
