import { lazily, randomOf, roundsOf, type Suite } from '@retort/lab';
import { createWhole } from './damaged-store.ts';
import { damagesOf, KINDS } from './kinds.ts';
import { nameOf, type Trial, tryDamage } from './trial.ts';

/** Every way of damaging a file, in every kind of file that a store holds: `--rounds` of them, all when left out. */
export const damage: Suite = {
  name: 'damage',
  description:
    'one byte flipped, cut, emptied, deleted, swapped or zeroed at its end in every kind of stored file: found, never used, computed anew',
  cases: (context) => {
    const random = randomOf(context, 'damage');
    const whole = lazily(() => createWhole(context));
    const all: Trial[] = KINDS.flatMap((kind) => damagesOf(kind).map((each) => ({ kind, damage: each })));
    const wanted = all.filter((trial) => nameOf(trial).includes(context.case ?? ''));
    const rounds = roundsOf(context, wanted.length);
    // All in another order, and again, until there are so many.
    const passes = Array.from({ length: Math.ceil(rounds / wanted.length) || 0 }, () => random.shuffle([...wanted]));
    const trials = context.rounds === undefined ? wanted : passes.flat().slice(0, rounds);
    return trials.map((trial, at) => ({
      name: nameOf(trial),
      run: async () => tryDamage(await whole(), trial, randomOf(context, 'damage', at)),
    }));
  },
};
