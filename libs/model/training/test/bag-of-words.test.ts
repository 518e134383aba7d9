import { RandomStream } from '@retort/foundation/random';
import type { Task } from '@retort/foundation/task';
import type { LabelValues, TokenRows } from '@retort/tables';
import { bagOfWordsLogits } from '@retort/training';
import { expect, test } from 'vitest';

const CLASSES: Task = { kind: 'classes', labels: ['no', 'yes', 'maybe'] };

function tokenRows(texts: readonly (readonly number[])[], labels?: LabelValues): TokenRows {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = (offsets[i] as number) + text.length;
  const firstSegmentLengths = Int32Array.from(texts, (text) => text.length);
  const tokenIds = Int32Array.from(texts.flat());
  return { rowCount: texts.length, tokenIds, offsets, firstSegmentLengths, ...(labels && { labels }) };
}

const random = new RandomStream(7);
/** Between [CLS] and [SEP]. */
const texts = Array.from({ length: 40 }, () => [1, ...Array.from({ length: 6 }, () => 3 + random.below(10)), 2]);

/** The same problem without hashing, by plain gradient descent over all rows. */
function descend(labels: ArrayLike<number>, slope: (score: number, target: number) => number): number[] {
  const featuresOf = (text: readonly number[]) => [
    ...new Set(text.flatMap((id, i) => (i === 0 ? [`${id}`] : [`${id}`, `${text[i - 1]} ${id}`]))),
  ];
  const rows = texts.map(featuresOf);
  const weights = new Map(rows.flat().map((feature) => [feature, 0]));
  const scoreOf = (row: readonly string[]) => row.reduce((sum, feature) => sum + (weights.get(feature) as number), 0);
  for (let i = 0; i < 4000; i++) {
    const gradient = new Map(weights);
    for (const [row, features] of rows.entries()) {
      const change = slope(scoreOf(features), labels[row] as number);
      for (const feature of features) gradient.set(feature, (gradient.get(feature) as number) + change);
    }
    for (const [feature, value] of gradient) weights.set(feature, (weights.get(feature) as number) - 0.002 * value);
  }
  return rows.map(scoreOf);
}

const column = (logits: Float32Array, output: number, outputs: number) =>
  Array.from(logits).filter((_, i) => i % outputs === output);

function expectClose(found: readonly number[], wanted: readonly number[], most: number): void {
  expect(Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] as number))))).toBeLessThan(most);
}

test('solves regularized logistic regression for each class', () => {
  const labels = Int32Array.from(texts, (text, i) =>
    i % 9 === 0 ? i % 3 : text.includes(3) ? 1 : text.includes(4) ? 2 : 0,
  );
  const logits = bagOfWordsLogits(tokenRows(texts, labels), tokenRows(texts), CLASSES);
  for (const output of [0, 1, 2]) {
    const targets = Array.from(labels, (label) => (label === output ? 1 : -1));
    const wanted = descend(targets, (score, target) => -target / (1 + Math.exp(target * score)));
    expectClose(column(logits, output, 3), wanted, 0.01);
  }
});

test('solves ridge regression for numbers, whatever their unit', () => {
  const values = Float32Array.from(texts, (text, i) => 100 + 20 * text.filter((id) => id < 6).length + (i % 5));
  const found = bagOfWordsLogits(tokenRows(texts, values), tokenRows(texts), { kind: 'regression' });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const wanted = descend(
    values.map((value) => (value - mean) / spread),
    (score, target) => score - target,
  );
  expectClose(
    Array.from(found, (value) => (value - mean) / spread),
    wanted,
    0.05,
  );
});

test('tells labels apart that hold together, each by itself', () => {
  const labels = Int32Array.from(texts.flatMap((text) => [text.includes(5) ? 1 : 0, text.includes(6) ? 1 : 0]));
  const task: Task = { kind: 'multi-label', labels: ['five', 'six'] };
  const logits = bagOfWordsLogits(tokenRows(texts, labels), tokenRows(texts), task);
  expect(Array.from(logits, (logit) => (logit > 0 ? 1 : 0))).toEqual([...labels]);
});

test('knows pairs of neighbours: an order of the same words tells labels apart', () => {
  const both = [
    [1, 5, 6, 2],
    [1, 6, 5, 2],
  ];
  const labels = Int32Array.of(0, 1, 0, 1);
  const logits = bagOfWordsLogits(tokenRows([...both, ...both], labels), tokenRows(both), {
    kind: 'classes',
    labels: ['a', 'b'],
  });
  const [[a, b], [c, d]] = [logits.slice(0, 2), logits.slice(2)] as unknown as [[number, number], [number, number]];
  expect([a > b, d > c]).toEqual([true, true]);
});

test('gives the same numbers again, and to a row alone', () => {
  const labels = Int32Array.from(texts, (text) => (text.includes(3) ? 1 : 0));
  const train = tokenRows(texts, labels);
  const all = bagOfWordsLogits(train, tokenRows(texts), CLASSES);
  expect(bagOfWordsLogits(train, tokenRows(texts), CLASSES)).toEqual(all);
  expect(bagOfWordsLogits(train, tokenRows(texts.slice(10, 11)), CLASSES)).toEqual(all.slice(30, 33));
});
