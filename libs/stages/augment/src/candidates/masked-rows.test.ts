import { expect, test } from 'vitest';
import { maskedRow } from './masked-rows.ts';

const special = { padId: 0, unkId: 1, clsId: 2, sepId: 3, maskId: 4 };
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const row = (before: number, after: number, maxSequenceLength: number, pair = true) =>
  maskedRow({
    before: numbers(100, before),
    after: numbers(200, after),
    original: pair ? [...numbers(100, before), 150, ...numbers(200, after)] : undefined,
    special,
    maxSequenceLength,
  });

test('masked text and original, as two segments', () => {
  expect(row(2, 1, 32)).toEqual({
    tokenIds: [2, 100, 101, 4, 200, 3, 100, 101, 150, 200, 3],
    firstSegmentLength: 6,
    position: 3,
  });
  expect(row(2, 1, 32, false).tokenIds).toEqual([2, 100, 101, 4, 200, 3]);
});

test.each([
  [0, 40],
  [20, 20],
  [40, 0],
  [40, 3],
])('%i pieces before and %i after are cut to what surrounds the word', (before, after) => {
  const { tokenIds, firstSegmentLength, position } = row(before, after, 21);
  expect(tokenIds).toHaveLength(21);
  expect(tokenIds[position]).toBe(special.maskId);
  const [first, second] = [tokenIds.slice(1, firstSegmentLength - 1), tokenIds.slice(firstSegmentLength, -1)];
  expect(second).toEqual(first.map((id) => (id === special.maskId ? 150 : id)));
});
