import { expect, it } from 'vitest';
import { Packer } from './packer.ts';

function pack(limit: number, sentences: readonly (readonly [document: number, ids: number[]])[]): number[][] {
  const packer = new Packer(limit);
  for (const [document, ids] of sentences) packer.add(document, ids);
  packer.end();
  const { ids, offsets } = packer.take();
  return offsets.slice(1).map((end, i) => ids.slice(offsets[i], end));
}

it('fills rows with whole sentences of one document', () => {
  expect(
    pack(5, [
      [0, [1, 2]],
      [0, [3, 4, 5]],
      [0, [6]],
      [1, [7]],
      [1, [8, 9]],
    ]),
  ).toEqual([[1, 2, 3, 4, 5], [6], [7, 8, 9]]);
});

it('divides a sentence only when it is longer than a row, and loses nothing', () => {
  expect(
    pack(3, [
      [0, [1]],
      [0, [2, 3, 4, 5, 6, 7, 8]],
      [0, [9, 10]],
    ]),
  ).toEqual([[1], [2, 3, 4], [5, 6, 7], [8, 9, 10]]);
});

it('makes no empty rows', () => {
  expect(
    pack(3, [
      [0, []],
      [1, []],
      [1, [1]],
    ]),
  ).toEqual([[1]]);
  expect(pack(3, [])).toEqual([]);
});
