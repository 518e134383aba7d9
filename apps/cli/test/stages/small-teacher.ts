import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BertConfig, initialValues, LAYER_NORM_EPSILON, parameterSpecs, saveModel } from '@retort/families';
import { writeTokens as writeTable } from '@retort/tables/testing';

export const TEACHER_LABELS = ['a', 'b', 'c'];

/** Its tokenizer is that of the tokens of `writeTokens`. */
export const TEACHER: BertConfig = {
  layers: 4,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 16,
  maxPositions: 12,
  vocabularySize: 20,
  segmentTypes: 2,
  layerNormEpsilon: LAYER_NORM_EPSILON,
  tokenizerDigest: 'v',
  task: { kind: 'classes', labels: TEACHER_LABELS },
};

/** @returns folder of a teacher whose attention scores are far from 0 */
export async function writeTeacher(tokensFolder: string, config = TEACHER): Promise<string> {
  const folder = mkdtempSync(join(tokensFolder, 'teacher-'));
  const values = initialValues(parameterSpecs(config, ['classifier']), 1);
  // Fresh weights give scores close to 0; ten times larger ones do not.
  for (const [name, { values: numbers }] of values)
    if (name.endsWith('.weight')) for (const i of numbers.keys()) numbers[i] = 10 * (numbers[i] as number);
  await saveModel({ folder, config, heads: ['classifier'], values, tokenizerFolder: tokensFolder });
  return folder;
}

/** Pairs of texts, a row for each length, with the labels of the teacher if they are to have any. */
export async function writeTokens(
  folder: string,
  lengths: readonly number[],
  { labels }: { labels?: readonly string[] } = {},
): Promise<void> {
  writeFileSync(join(folder, 'vocab.txt'), 'word\n');
  await writeTable(folder, {
    vocabularySize: 20,
    maxSequenceLength: 12,
    rows: lengths.map((length, row) => Array.from({ length }, (_, i) => 5 + ((row * 7 + i * 3) % 15))),
    hasPairs: true,
    ...(labels && {
      task: { kind: 'classes', labels } as const,
      labels: Int32Array.from(lengths, (_, row) => row % labels.length),
    }),
  });
}
