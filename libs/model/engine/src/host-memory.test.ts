import { describe, expect, it } from 'vitest';
import { HostMemory } from './host-memory.ts';

describe('HostMemory', () => {
  it('gives zero-filled, aligned arrays that do not overlap', () => {
    const sizes = [1, 15, 16, 17, 0, 1000];
    const memory = new HostMemory({ floats: sizes.reduce((a, b) => a + b, 0), arrays: sizes.length });
    const arrays = sizes.map((size) => memory.allocate(size));
    for (const [i, array] of arrays.entries()) {
      expect(array.byteOffset % 64).toBe(0);
      expect(array.every((value) => value === 0)).toBe(true);
      array.fill(i + 1);
    }
    for (const [i, array] of arrays.entries()) expect(array.every((value) => value === i + 1)).toBe(true);
  });

  it('refuses more than WebAssembly can address, before it takes any', () => {
    expect(() => new HostMemory({ floats: 2 ** 30, arrays: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: Weights, gradients and optimizer state need 4294967424 bytes in one block, but at most 4294901760 fit. Use fewer layers, a smaller hidden size or a smaller vocabulary.]`,
    );
    expect(() => new HostMemory({ floats: 2 ** 30, arrays: 1 })).toThrow(
      expect.objectContaining({ code: 'MODEL_TOO_LARGE' }),
    );
  });

  it('never hands out more than it was asked for at the start', () => {
    const memory = new HostMemory({ floats: 16_384, arrays: 1 });
    memory.allocate(16_384);
    expect(() => memory.allocate(16_384)).toThrow(RangeError);
  });
});

describe('the kernels', () => {
  const counts = [0, 1, 2, 3, 4, 5, 7, 8, 33];

  it.each(counts)('sum the squares of %i numbers in double precision', (count) => {
    const memory = new HostMemory({ floats: count, arrays: 1 });
    const values = memory.allocate(count);
    for (let i = 0; i < count; i++) values[i] = 1 + i / 7;
    const expected = values.reduce((sum, value) => sum + value * value, 0);
    // Double precision: only the order of additions differs.
    expect(Math.abs(memory.kernels.sumOfSquares(values.byteOffset, count) - expected)).toBeLessThanOrEqual(
      1e-14 * expected,
    );
  });
});
