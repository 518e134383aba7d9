import { expect, it } from 'vitest';
import { averageRanks } from './spearman-correlation.ts';

it('gives equal values the mean of their ranks', () => {
  expect([...averageRanks([30, 10, 20, 20, 10, 10])]).toEqual([6, 2, 4.5, 4.5, 2, 2]);
});
