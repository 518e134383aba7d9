import { join } from 'node:path';
import { bundleEntry } from '@retort/code-closure';
import { type Case, inFolder, lazily, randomOf, roundsOf, type Suite, type SuiteContext } from '@retort/lab';
import { type CrowdOptions, tryCrowd } from './crowd.ts';
import { placeForUsers, TWO_USERS } from './two-users.ts';
import { createWorkspace } from './workspace.ts';

const RUNNERS = 8;
const ROUNDS = 20;
const HARMS = ['none', 'kill', 'stop'] as const;
const MOST_HARMS = 3;

/** Many runners of one pipeline on one store, some of them killed or stopped for longer than the limit. */
export const crowd: Suite = {
  name: 'crowd',
  description:
    '8 runners on one store, also of two users: each key executed once, the others take its result; with SIGKILL and SIGSTOP among them',
  cases: (context) => [...crowdCases(context), ...crowdCases(context, { whose: 'two users' })],
};

/** @param runners  at the same time; where they are of two users, that is skipped for all but root */
export function crowdCases(
  context: SuiteContext,
  { runners = RUNNERS, whose = 'one user' }: { runners?: number; whose?: 'one user' | 'two users' } = {},
): Case[] {
  const isOfTwo = whose === 'two users';
  const random = randomOf(context, 'crowd');
  const rounds = isOfTwo ? Math.min(roundsOf(context, ROUNDS), HARMS.length) : roundsOf(context, ROUNDS);
  const entryFile = join(context.workspace, 'tools/reliability/src/crowd/runner.ts');
  const bundle = lazily(() => bundleEntry({ installation: context.workspace, entryFile }));
  const shared = lazily(async () => createWorkspace(context.workspace, context.scratchFolder));
  return Array.from({ length: rounds }, (_, round) => ({
    name: `${isOfTwo ? 'two users, ' : ''}round ${round + 1}`,
    run: async () => {
      const { path: program } = await bundle();
      const harm = HARMS[round % HARMS.length] as CrowdOptions['harm'];
      const options = { program, runners, harm, harms: 1 + random.below(MOST_HARMS), random };
      if (!isOfTwo) return tryCrowd({ ...options, workspace: await shared(), place: context.scratchFolder });
      return inFolder(await placeForUsers(program), (place) =>
        tryCrowd({ ...options, workspace: createWorkspace(context.workspace, place), place, users: TWO_USERS }),
      );
    },
  }));
}
