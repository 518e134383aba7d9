import { RandomStream, streamKey } from '@retort/foundation/random';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import { createWhole } from './damaged-store.ts';
import { damagesOf, KINDS } from './kinds.ts';
import { nameOf, type Trial, tryDamage } from './trial.ts';

/** Every way of damaging a file, in every kind of file that a store holds: `--rounds` of them, all when left out. */
export const damage: Suite = {
  name: 'damage',
  description:
    'one byte flipped, cut, emptied, deleted, swapped or zeroed at its end in every kind of stored file: found, never used, computed anew',
  hasNamedCases: true,
  run: async (settings) => {
    const whole = await createWhole(settings.workspace);
    try {
      return await tryEach(settings, whole);
    } finally {
      whole.remove();
    }
  },
};

async function tryEach(settings: SuiteSettings, whole: Parameters<typeof tryDamage>[0]): Promise<SuiteCase[]> {
  const { rounds, seconds = Number.POSITIVE_INFINITY, seed, say } = settings;
  const random = new RandomStream(streamKey(seed, 'damage'));
  const until = performance.now() + seconds * 1000;
  const all: Trial[] = KINDS.flatMap((kind) => damagesOf(kind).map((each) => ({ kind, damage: each })));
  const wanted = all.filter((trial) => isWanted(nameOf(trial), settings));
  const trials = rounds === undefined || wanted.length === 0 ? wanted : sample(wanted, rounds, random);
  const cases: SuiteCase[] = [];
  for (const trial of trials) {
    if (performance.now() > until) break;
    const each = await tryDamage(whole, trial, random);
    say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
    cases.push(each);
  }
  return cases;
}

/** All in another order, and again, until there are so many. */
function sample(all: readonly Trial[], count: number, random: RandomStream): Trial[] {
  const chosen: Trial[] = [];
  while (chosen.length < count) {
    const left = [...all];
    while (left.length > 0 && chosen.length < count) chosen.push(...left.splice(random.below(left.length), 1));
  }
  return chosen;
}
