import {
  bucketWidths,
  evaluationBatches,
  labelsOf,
  maskWords,
  maskWordsOfRows,
  padTokens,
  rowLengths,
} from '@retort/training';
import { describe, expect, it } from 'vitest';
import { LENGTHS, METADATA, tokensOf } from './support/tiny-tokens.ts';

const tokens = tokensOf(LENGTHS);
const lengths = rowLengths(tokens);

describe('padTokens', () => {
  it('pads rows to one width', () => {
    const { tokenIds, segmentIds, keyMask, rowWeights } = padTokens(
      {
        ...tokensOf([3, 5]),
        tokenIds: Int32Array.of(2, 9, 3, 2, 8, 3, 7, 3),
        firstSegmentLengths: Int32Array.of(3, 3),
      },
      { rows: Int32Array.of(1, 0, 1), rowCount: 2, width: 6 },
    );
    expect(tokenIds.shape).toEqual([3, 6]);
    expect([...tokenIds.data]).toEqual([2, 8, 3, 7, 3, 0, 2, 9, 3, 0, 0, 0, 2, 8, 3, 7, 3, 0]);
    expect([...segmentIds.data]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
    expect([...keyMask.data]).toEqual([1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
    expect(rowWeights).toEqual({ data: Float32Array.of(1, 1, 0), shape: [3] });
  });

  it("fills with the tokenizer's own padding", () => {
    const other = tokensOf([3], { ...METADATA, padId: 29 });
    const { tokenIds } = padTokens(other, { rows: Int32Array.of(0), rowCount: 1, width: 5 });
    expect(Array.from(tokenIds.data.subarray(3))).toEqual([29, 29]);
  });

  it('takes labels in the order of the rows', () => {
    expect(labelsOf(Int32Array.of(5, 6, 7), [2, 0])).toEqual({ data: Int32Array.of(7, 5), shape: [2] });
    expect(labelsOf(Float32Array.of(0.5, 0.25), [1])).toEqual({ data: Float32Array.of(0.25), shape: [1] });
  });
});

describe('evaluationBatches', () => {
  const widths = bucketWidths(24);

  it.each([1, 2, 5, 8, 100])('have each row once and none twice, %i at a time', (batchSize) => {
    const batches = evaluationBatches(lengths, { batchSize, widths });
    const rows = batches.flatMap((batch) => [...batch.rows]);
    expect([...rows].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
    for (const { rows, rowCount, width } of batches) {
      expect(rowCount).toBe(rows.length);
      expect(rowCount).toBeLessThanOrEqual(batchSize);
      expect(widths).toContain(width);
      for (const row of rows) expect(lengths[row]).toBeLessThanOrEqual(width);
    }
  });

  it('go from long rows to short ones, so that one compiled pass after the other is used', () => {
    const used = evaluationBatches(lengths, { batchSize: 4, widths }).map(({ width }) => width);
    expect(used).toEqual([...used].sort((a, b) => b - a));
    expect(new Set(used).size).toBe(3);
  });

  it('are as wide as their longest row where no widths are given, and all full but the last', () => {
    const batches = evaluationBatches(lengths, { batchSize: 4 });
    for (const { rows, width } of batches)
      expect(width).toBe(Math.max(...[...rows].map((row) => lengths[row] as number)));
    expect(batches.slice(0, -1).every(({ rowCount }) => rowCount === 4)).toBe(true);
    const rows = batches.flatMap((batch) => [...batch.rows]);
    expect([...rows].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
  });

  it('refuse a row that is wider than every batch', () => {
    expect(() => evaluationBatches(Int32Array.of(3, 25), { batchSize: 4, widths })).toThrow(
      expect.objectContaining({ code: 'BATCH_ROW_TOO_LONG' }),
    );
  });

  it('are none for no rows', () => {
    expect(evaluationBatches(new Int32Array(), { batchSize: 4, widths })).toEqual([]);
  });
});

describe('maskWords', () => {
  const SPECIAL = [METADATA.padId, METADATA.clsId, METADATA.sepId];
  const many = tokensOf(Array.from({ length: 2000 }, (_, i) => 3 + (i % 22)));
  const rows = Int32Array.from({ length: 2000 }, (_, i) => i);
  const batch = padTokens(many, { rows, rowCount: 1500, width: 24 });
  const masked = (key: number, probability = 0.15) => maskWords({ batch, metadata: METADATA, probability, key });
  const chosen = ({ positions, weights }: ReturnType<typeof masked>) =>
    [...positions.data].filter((_, i) => weights.data[i] === 1);

  it('chooses the share of words that it is asked for, each once', () => {
    const words = [...batch.tokenIds.data].filter(
      (id, i) => batch.keyMask.data[i] && i < 1500 * 24 && !SPECIAL.includes(id),
    ).length;
    for (const probability of [0.05, 0.15, 0.5]) {
      const positions = chosen(masked(1, probability));
      expect(positions).toHaveLength(Math.round(words * probability));
      expect(new Set(positions).size).toBe(positions.length);
    }
  });

  it('has as many positions as its shape says, whatever is in the batch', () => {
    const { positions, words, weights } = masked(1);
    const size = Math.round(2000 * 24 * 0.15);
    for (const array of [positions, words, weights])
      expect(array).toMatchObject({ shape: [size], data: { length: size } });
  });

  it('never chooses special tokens, padding or rows that only fill up the batch', () => {
    for (const key of [1, 2, 3]) {
      for (const position of chosen(masked(key, 0.9))) {
        expect(SPECIAL).not.toContain(batch.tokenIds.data[position]);
        expect(batch.keyMask.data[position]).toBe(1);
        expect(position).toBeLessThan(1500 * 24);
      }
    }
  });

  it('replaces 80 % by [MASK] and 10 % by any word, and keeps 10 %', () => {
    const result = masked(7, 0.5);
    const positions = chosen(result);
    const shares = { mask: 0, kept: 0, other: 0 };
    for (const [i, position] of positions.entries()) {
      expect(result.words.data[i]).toBe(batch.tokenIds.data[position]);
      const now = result.tokenIds.data[position];
      shares[now === METADATA.maskId ? 'mask' : now === result.words.data[i] ? 'kept' : 'other'] += 1;
    }
    // A random word is [MASK] or the word itself once in 30 times. Five standard deviations of a binomial share.
    const tolerance = (share: number) => 5 * Math.sqrt((share * (1 - share)) / positions.length);
    for (const [name, share] of [
      ['mask', 0.8 + 0.1 / 30],
      ['kept', 0.1 + 0.1 / 30],
      ['other', 0.1 * (28 / 30)],
    ] as const)
      expect(Math.abs(shares[name] / positions.length - share), name).toBeLessThan(tolerance(share));
  });

  it('changes nothing else', () => {
    const result = masked(7);
    const positions = new Set(chosen(result));
    for (const [i, id] of result.tokenIds.data.entries())
      if (!positions.has(i)) expect(id).toBe(batch.tokenIds.data[i]);
  });

  it('is the same for the same key, and another for another', () => {
    expect(masked(5)).toEqual(masked(5));
    expect(masked(6)).not.toEqual(masked(5));
  });

  it('chooses nothing where there are no words', () => {
    const empty = padTokens(tokensOf([2, 2]), { rows: Int32Array.of(0, 1), rowCount: 2, width: 8 });
    const { weights, tokenIds } = maskWords({ batch: empty, metadata: METADATA, probability: 0.15, key: 1 });
    expect([...weights.data]).toEqual([0, 0]);
    expect(tokenIds).toEqual(empty.tokenIds);
  });

  it('row by row are the same words of a row in every batch, at least one of each', () => {
    const maskedRows = (batchSize: number) =>
      evaluationBatches(lengths, { batchSize }).flatMap((rows) => {
        const padded = padTokens(tokens, rows);
        const keyOf = (i: number) => 100 + (rows.rows[i] as number);
        const { tokenIds, positions, weights } = maskWordsOfRows({
          batch: padded,
          metadata: METADATA,
          probability: 0.3,
          keyOf,
        });
        const real = [...positions.data].filter((_, i) => weights.data[i] === 1);
        return real.map((position) => {
          const row = rows.rows[Math.floor(position / rows.width)];
          return `row ${row} word ${position % rows.width} becomes ${tokenIds.data[position]}`;
        });
      });
    const alone = maskedRows(1).sort();
    const isWord = (id: number) => !SPECIAL.includes(id);
    const rowsWithWords = [...lengths.keys()].filter((row) =>
      tokens.tokenIds.subarray(tokens.offsets[row], tokens.offsets[row + 1]).some(isWord),
    ).length;
    expect(new Set(alone.map((each) => each.split(' ')[1])).size).toBe(rowsWithWords);
    for (const batchSize of [3, 100]) expect(maskedRows(batchSize).sort()).toEqual(alone);
  });
});
