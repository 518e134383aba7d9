import { RandomStream } from '@retort/foundation/random';

/** `chosen` of `total` numbers, spread evenly from a random start: the same `chosen` for every start, and no list in memory. */
export function evenSelection({
  total,
  chosen,
  key,
}: {
  total: number;
  chosen: number;
  key: number;
}): (index: number) => boolean {
  if (chosen >= total) return () => true;
  const start = new RandomStream(key).below(total);
  return (index) => {
    const place = (index + start) % total;
    return Math.floor(((place + 1) * chosen) / total) > Math.floor((place * chosen) / total);
  };
}

/**
 * Takes passages of different sizes so that the sizes taken add up to `budget`, spread evenly over `total`.
 * Each call is the next passage in order.
 */
export function evenBudget({
  total,
  budget,
  key,
}: {
  total: number;
  budget: number;
  key: number;
}): (size: number) => number {
  if (budget >= total) return (size) => size;
  let owed = new RandomStream(key).unit();
  let left = budget;
  return (size) => {
    owed += (size * budget) / total;
    if (owed < size / 2) return 0;
    const taken = Math.min(size, left);
    owed -= size;
    left -= taken;
    return taken;
  };
}
