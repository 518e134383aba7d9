import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largest } from './largest.ts';

test('the same as sorting everything', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 1, max: 6 }), (numbers, count) => {
      const sorted = [...numbers.keys()].sort((a, b) => (numbers[b] as number) - (numbers[a] as number) || a - b);
      expect(largest(Float32Array.from(numbers), count)).toEqual(sorted.slice(0, count));
    }),
  );
});
