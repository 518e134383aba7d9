import { hash32, streamKey, toUnit } from '@retort/foundation/random';
import { describe, expect, it } from 'vitest';
import { fillDropoutMask } from './dropout.ts';
import { HostMemory } from './host-memory.ts';

const KEYS = [0, 1, 99, 0x7fffffff, 0x80000000, 0xffffffff];

function maskOf(count: number, { key, rate, index = 0 }: { key: number; rate: number; index?: number }): Float32Array {
  const memory = new HostMemory({ floats: count, arrays: 1 });
  const mask = memory.allocate(count).fill(7);
  fillDropoutMask(memory, mask, { index, rate }, key);
  return mask;
}

describe('the SIMD dropout mask', () => {
  it.each(KEYS)(
    'is hash32 of the random package, position for position and whatever the length, under key %i',
    (key) => {
      const rate = 0.375;
      for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 127, 1000, 1001, 1002, 1003]) {
        const stream = streamKey(key, 3);
        const expected = Float32Array.from({ length: count }, (_, position) =>
          toUnit(hash32(stream, position)) < rate ? 0 : 1 / (1 - rate),
        );
        expect(maskOf(count, { key, rate, index: 3 })).toEqual(expected);
      }
    },
  );

  it('leaves what lies behind it alone', () => {
    const memory = new HostMemory({ floats: 20, arrays: 1 });
    const all = memory.allocate(20).fill(7);
    fillDropoutMask(memory, all.subarray(0, 5), { index: 0, rate: 0.5 }, 1);
    expect([...all.subarray(5)]).toEqual(Array(15).fill(7));
  });

  it.each([0.1, 0.25, 0.5, 0.9])('has zeros in a share of %f, and a mean of 1', (rate) => {
    const count = 100_000;
    const mask = maskOf(count, { key: 5, rate });
    // Five standard deviations of a binomial share: a wrong threshold is far outside.
    const tolerance = 5 * Math.sqrt((rate * (1 - rate)) / count);
    const zeros = mask.filter((value) => value === 0).length / count;
    expect(Math.abs(zeros - rate)).toBeLessThan(tolerance);
    const mean = mask.reduce((a, b) => a + b, 0) / count;
    expect(Math.abs(mean - 1)).toBeLessThan(tolerance / (1 - rate));
  });

  it('differs by key and by place in the program', () => {
    const mask = maskOf(1000, { key: 1, rate: 0.5 });
    const same = (other: Float32Array) => mask.filter((value, i) => value === other[i]).length;
    for (const other of [maskOf(1000, { key: 2, rate: 0.5 }), maskOf(1000, { key: 1, rate: 0.5, index: 1 })])
      expect(same(other)).toBeLessThan(600);
  });
});
