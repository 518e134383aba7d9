import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestJson } from '@retort/foundation/digest';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { createTokensWriter, type TokensMetadata } from '@retort/tables';
import { bucketWidths } from '@retort/training';

const LABELS = ['negative', 'positive'];
const SPECIAL_IDS = { padId: 0, unkId: 1, clsId: 2, sepId: 3, maskId: 4 };
const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

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

/** A `labelledTokens` artifact of random words, with its vocabulary. */
export async function writeTokenRows({
  folder,
  lengths,
  vocabularySize,
  maxSequenceLength,
  seed,
}: {
  folder: string;
  lengths: readonly number[];
  vocabularySize: number;
  maxSequenceLength: number;
  seed: number;
}): Promise<void> {
  await mkdir(folder, { recursive: true });
  const words = Array.from({ length: vocabularySize }, (_, i) => SPECIAL_TOKENS[i] ?? `word${i}`);
  await writeFile(join(folder, 'vocab.txt'), `${words.join('\n')}\n`);
  const metadata: TokensMetadata = {
    tokenizerDigest: digestJson(words),
    vocabularySize,
    maxSequenceLength,
    ...SPECIAL_IDS,
    task: { kind: 'classes', labels: LABELS },
  };
  const writer = await createTokensWriter(join(folder, 'tokens.arrow'), metadata);
  await writer.append(randomRows(lengths, { vocabularySize, seed }));
  await writer.close();
}

function randomRows(
  lengths: readonly number[],
  { vocabularySize, seed }: { vocabularySize: number; seed: number },
): Parameters<Awaited<ReturnType<typeof createTokensWriter>>['append']>[0] {
  const random = new RandomStream(streamKey(seed, 'token-rows'));
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = (offsets[i] as number) + length;
  const first = SPECIAL_TOKENS.length;
  const tokenIds = new Int32Array(offsets.at(-1) as number).map(() => first + random.below(vocabularySize - first));
  for (let row = 0; row < lengths.length; row++) {
    tokenIds[offsets[row] as number] = SPECIAL_IDS.clsId;
    tokenIds[(offsets[row + 1] as number) - 1] = SPECIAL_IDS.sepId;
  }
  return {
    rowCount: lengths.length,
    tokenIds,
    offsets,
    firstSegmentLengths: Int32Array.from(lengths),
    labels: Int32Array.from(lengths, () => random.below(LABELS.length)),
  };
}
