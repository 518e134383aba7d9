import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evenBudget, evenSelection } from './even-selection.ts';

it('chooses exactly as many as asked for, no two neighbours far apart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(300), fc.integer(), (total, wanted, key) => {
      const chosen = Math.min(wanted, total);
      const isChosen = evenSelection({ total, chosen, key });
      const numbers = Array.from({ length: total }, (_, i) => i).filter(isChosen);
      expect(numbers.length).toBe(chosen);
      const gaps = numbers.slice(1).map((number, i) => number - (numbers[i] as number));
      if (chosen > 0) expect(Math.max(0, ...gaps)).toBeLessThanOrEqual(Math.ceil(total / chosen));
    }),
    { seed: 1 },
  );
});

it('keeps to the budget and comes within a passage of it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer(),
      (sizes, budget, key) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const take = evenBudget({ total, budget, key });
        const taken = sizes.reduce((sum, size) => sum + take(size), 0);
        expect(taken).toBeLessThanOrEqual(Math.min(budget, total));
        expect(taken).toBeGreaterThanOrEqual(Math.min(budget, total) - 65);
      },
    ),
    { seed: 1 },
  );
});
