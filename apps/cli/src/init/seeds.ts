import { UsageError } from '@retort/foundation/diagnostics';

/**
 * The seeds in `1,2,3`.
 *
 * @throws UsageError INIT_SEEDS for anything else, or a seed given twice
 */
export function readSeeds(text: string | undefined): number[] {
  if (text === undefined) return [];
  const seeds = text.split(',').map((each) => (/^\s*\d+\s*$/.test(each) ? Number(each) : Number.NaN));
  const isGood = seeds.every(Number.isSafeInteger) && new Set(seeds).size === seeds.length;
  if (isGood) return seeds;
  throw new UsageError('INIT_SEEDS', `Expected --seeds as different whole numbers, such as 1,2,3, got "${text}".`);
}
