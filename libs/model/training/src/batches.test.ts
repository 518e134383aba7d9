import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchRequest, bucketedBatches, bucketWidths, trainingWidths } from './batches.ts';

const requests = record({
  lengths: array(integer({ min: 1, max: 40 }), { maxLength: 200 }),
  widths: constantFrom([40], [8, 16, 24, 32, 40], [10, 39, 40], bucketWidths(64)),
  batchSize: integer({ min: 1, max: 33 }),
  seed: integer({ min: 0, max: 2 ** 40 }),
  epoch: integer({ min: 0, max: 50 }),
});

function holds(check: (request: BatchRequest) => void): void {
  assert(property(requests, check), { seed: 1, numRuns: 300 });
}

describe('the batches of an epoch', () => {
  it('have every row exactly once', () => {
    holds((request) => {
      const rows = bucketedBatches(request).flatMap(({ rows, rowCount }) => Array.from(rows.slice(0, rowCount)));
      expect(rows.sort((a, b) => a - b)).toEqual(
        request.lengths.length === 0 ? [] : [...Array(request.lengths.length).keys()],
      );
    });
  });

  it('have few shapes: all rows, a width of the list, and room for the longest row', () => {
    holds((request) => {
      for (const { rows, width } of bucketedBatches(request)) {
        expect(rows).toHaveLength(request.batchSize);
        expect(request.widths).toContain(width);
        for (const row of rows) expect(request.lengths[row]).toBeLessThanOrEqual(width);
      }
    });
  });

  it('are as many as without buckets, and at most one is not full', () => {
    holds((request) => {
      const batches = bucketedBatches(request);
      expect(batches).toHaveLength(Math.ceil(request.lengths.length / request.batchSize));
      expect(batches.filter(({ rowCount }) => rowCount < request.batchSize).length).toBeLessThanOrEqual(1);
    });
  });

  it('are filled up with their own first row', () => {
    holds((request) => {
      for (const { rows, rowCount } of bucketedBatches(request)) {
        expect(rowCount).toBeGreaterThan(0);
        for (const row of rows.slice(rowCount)) expect(row).toBe(rows[0]);
      }
    });
  });

  it('are the same for the same seed and epoch', () => {
    holds((request) => {
      expect(bucketedBatches(request)).toEqual(bucketedBatches(request));
    });
  });
});

describe('bucketedBatches', () => {
  const lengths = Int32Array.from({ length: 1000 }, (_, row) => 1 + ((row * 37) % 64));
  const request = { lengths, widths: trainingWidths(64), batchSize: 32, seed: 42, epoch: 0 };

  it('has another order for another seed or epoch', () => {
    const first = bucketedBatches(request);
    expect(bucketedBatches({ ...request, epoch: 1 })).not.toEqual(first);
    expect(bucketedBatches({ ...request, seed: 43 })).not.toEqual(first);
  });

  it('pads far less than batches of one width', () => {
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const padded = (widths: readonly number[]) =>
      bucketedBatches({ ...request, widths }).reduce((sum, { rows, width }) => sum + rows.length * width, 0) - tokens;
    expect(padded(request.widths)).toBeLessThan(0.15 * padded([64]));
  });

  it('mixes widths over the epoch', () => {
    const widths = bucketedBatches(request).map(({ width }) => width);
    expect(widths).not.toEqual([...widths].sort((a, b) => a - b));
  });

  it('says which row does not fit', () => {
    expect(() => bucketedBatches({ ...request, lengths: [3, 70] })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: Row 1 has 70 tokens, but the widest batch has 64. Lower "maxSequenceLength" of the tokenize stage.]`,
    );
  });

  it.each([0, -1, 1.5])('refuses a batch of %s rows', (batchSize) => {
    expect(() => bucketedBatches({ ...request, batchSize })).toThrow(
      expect.objectContaining({ code: 'BATCH_SIZE_NOT_POSITIVE' }),
    );
  });
});

describe('trainingWidths', () => {
  it.each([
    [40, [8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40]],
    [130, [...trainingWidths(64), 72, 80, 88, 96, 104, 112, 120, 128, 130]],
    [8, [8]],
    [5, [5]],
  ])('up to %i are %j', (maximum, widths) => {
    expect(trainingWidths(maximum)).toEqual(widths);
  });

  it('pad a row by an eighth at most', () => {
    const widths = trainingWidths(512);
    for (let length = 8; length <= 512; length++) {
      const width = widths.find((each) => length <= each) as number;
      expect(width / length).toBeLessThanOrEqual(1.125 + 1 / length);
    }
  });
});

describe('bucketWidths', () => {
  it.each([
    [128, [8, 16, 24, 32, 48, 64, 96, 128]],
    [100, [8, 16, 24, 32, 48, 64, 96, 100]],
    [8, [8]],
    [5, [5]],
    [16, [8, 16]],
  ])('up to %i are %j', (maximum, widths) => {
    expect(bucketWidths(maximum)).toEqual(widths);
  });
});
