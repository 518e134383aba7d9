import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestJson } from '@retort/foundation/digest';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { SPECIAL_IDS, writeTokens } from '@retort/tables/testing';
import { SPECIAL_TOKENS } from '@retort/tokenizer';
import { bucketWidths } from '@retort/training';

const LABELS = ['negative', 'positive'];

/** Lengths that fill `batches` batches of many widths, from the narrowest to the longest. */
export function lengthsOfEveryWidth({
  maxSequenceLength,
  batchSize,
  batches,
}: {
  maxSequenceLength: number;
  batchSize: number;
  batches: number;
}): number[] {
  const widths = bucketWidths(maxSequenceLength);
  return widths.flatMap((width, i) => {
    const least = Math.max(3, (widths[i - 1] ?? 0) + 1);
    return Array.from({ length: batches * batchSize }, (_, row) => width - (row % (width - least + 1)));
  });
}

export interface TokenRowSizes {
  readonly lengths: readonly number[];
  readonly vocabularySize: number;
  readonly maxSequenceLength: number;
}

/** A `labelledTokens` artifact of random words, with its vocabulary. */
export async function writeTokenRows(folder: string, { lengths, ...sizes }: TokenRowSizes): Promise<void> {
  const random = new RandomStream(streamKey(1, 'token-rows'));
  const { clsId, sepId } = SPECIAL_IDS;
  const first = SPECIAL_TOKENS.length;
  const word = () => first + random.below(sizes.vocabularySize - first);
  const rows = lengths.map((length) => [clsId, ...Array.from({ length: length - 2 }, word), sepId]);
  const labels = Int32Array.from(lengths, () => random.below(LABELS.length));
  const words = Array.from({ length: sizes.vocabularySize }, (_, i) => SPECIAL_TOKENS[i] ?? `word${i}`);
  const task = { kind: 'classes', labels: LABELS } as const;
  await writeTokens(folder, { rows, labels, ...sizes, tokenizerDigest: digestJson(words), task });
  await writeFile(join(folder, 'vocab.txt'), `${words.join('\n')}\n`);
}
