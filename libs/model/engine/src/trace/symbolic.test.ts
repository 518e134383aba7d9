import { expect, test } from 'vitest';
import { sizeAt, sizeExpression } from './symbolic.ts';

const SIZES = [
  { rows: 11, length: 5 },
  { rows: 14, length: 7 },
] as const;

test.each([
  [12, 12, 12],
  [5, 7, 'length'],
  [55, 98, 'rows*length'],
  [60, 84, '12*length'],
  [59, 57, '64-length'],
  [4, 6, 'length-1'],
])('a size that is %d and %d is %s', (first, second, expression) => {
  expect(sizeExpression([first, second], SIZES)).toBe(expression);
  expect(SIZES.map((sizes) => sizeAt(expression, sizes))).toEqual([first, second]);
});

test('a size that is nothing of the kind, or may be two things, is refused', () => {
  expect(() => sizeExpression([5, 50], SIZES)).toThrow('a size that is 5 and 50 depends on them');
  // Both grow by three, so that nobody can tell what it is at other sizes.
  const alike = [SIZES[0], { rows: 14, length: 8 }] as const;
  expect(() => sizeExpression([59, 56], alike)).toThrow('which may be 70-rows or 64-length,');
});
