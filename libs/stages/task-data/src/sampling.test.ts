import { expect, it } from 'vitest';
import { sampler } from './sampling.ts';

function chosen(options: { limit?: number; sample?: 'random' | 'first'; seed?: number }): number[] {
  const { limit, sample = 'random', seed = 1 } = options;
  const stays = sampler({ total: 100, limit, sample, seed, split: 'train' });
  return Array.from({ length: 100 }, (_, i) => i).filter(() => stays());
}

it('keeps exactly as many as asked for, others for another seed', () => {
  expect(chosen({ limit: 10 }).length).toBe(10);
  expect(chosen({ limit: 10 })).toEqual(chosen({ limit: 10 }));
  expect(chosen({ limit: 10 })).not.toEqual(chosen({ limit: 10, seed: 2 }));
  expect(chosen({ limit: 500 }).length).toBe(100);
  expect(chosen({}).length).toBe(100);
});

it('draws from the whole, or takes the first', () => {
  expect(Math.max(...chosen({ limit: 20 }))).toBeGreaterThan(60);
  expect(chosen({ limit: 3, sample: 'first' })).toEqual([0, 1, 2]);
});

it('gives every row the same chance', () => {
  const counts = Array.from({ length: 100 }, () => 0);
  for (let seed = 0; seed < 2000; seed++) for (const row of chosen({ limit: 10, seed })) counts[row]! += 1;
  expect(Math.min(...counts)).toBeGreaterThan(130);
  expect(Math.max(...counts)).toBeLessThan(270);
});
