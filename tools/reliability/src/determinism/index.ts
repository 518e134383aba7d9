import assert from 'node:assert/strict';
import { differences, inFolder, lazily, type Results, requireSame, type Suite, skip } from '@retort/lab';
import { type Condition, conditions, REFERENCE } from './conditions.ts';
import { runUnder } from './run-under.ts';

/** The same pipeline under conditions that must not matter, byte for byte; and under two that must. */
export const determinism: Suite = {
  name: 'determinism',
  description: 'the same pipeline with other threads, jobs, paths, time zone and locale: the same bytes',
  cases: ({ workspace, scratchFolder }) => {
    const under = (condition: Condition) =>
      inFolder(scratchFolder, (folder) => runUnder(condition, { workspace, folder }));
    const reference = lazily(() => under(REFERENCE));
    return [
      ...conditions().map((condition) => ({
        name: condition.name,
        run: async () => {
          if (condition.skipped !== undefined) skip(condition.skipped);
          const expected = await reference();
          requireSame(expected, await under(condition));
          return `${Object.keys(expected).length} keys, digests and figures`;
        },
      })),
      ...[
        { name: 'another seed', args: ['--set', 'seed=43'] },
        { name: 'another engine', args: ['--engine', 'cpu'] },
      ].map((condition) => ({
        name: `${condition.name} has other keys`,
        run: async () => requireOtherKeys(await reference(), await under(condition)),
      })),
    ];
  },
};

/** What may change bytes is in the key: every stage with other bytes has another key, and there is one. */
export function requireOtherKeys(reference: Results, results: Results): string {
  const differing = differences(reference, results);
  const stages = [...new Set(differing.map((each) => each.split(/[. ]/)[0] as string))];
  const silent = stages.filter((stage) => !differing.includes(`${stage} key`));
  assert(stages.length > 0, 'nothing differs, so that this suite sees nothing');
  assert(silent.length === 0, `other bytes under the same key: ${silent.join(', ')}`);
  return `${stages.length} stages`;
}
