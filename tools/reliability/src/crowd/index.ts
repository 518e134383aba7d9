import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEntry } from '@retort/code-closure';
import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Suite, SuiteCase, SuiteSettings } from '../suite.ts';
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
  run: async (settings) => [
    ...(await crowdOf(RUNNERS, settings)),
    ...(await crowdOf(
      RUNNERS,
      { ...settings, rounds: Math.min(settings.rounds ?? ROUNDS, HARMS.length) },
      'two users',
    )),
  ],
};

/** @param runners  at the same time; where they are of two users, that is skipped for all but root */
export async function crowdOf(
  runners: number,
  settings: SuiteSettings,
  whose: 'one user' | 'two users' = 'one user',
): Promise<SuiteCase[]> {
  const { workspace: repository, rounds = ROUNDS, seconds = Number.POSITIVE_INFINITY, seed, say } = settings;
  const random = new RandomStream(streamKey(seed, 'crowd'));
  const until = performance.now() + seconds * 1000;
  const entryFile = join(repository, 'tools/reliability/src/crowd/runner.ts');
  const { path: program } = await bundleEntry({ installation: repository, entryFile });
  const isOfTwo = whose === 'two users';
  const found = isOfTwo ? await placeForUsers(program) : { place: tmpdir() };
  if ('skipped' in found) return [{ name: whose, status: 'skipped', detail: found.skipped }];
  const { place } = found;
  const workspace = createWorkspace(repository, place);
  const cases: SuiteCase[] = [];
  try {
    for (let round = 0; round < rounds && performance.now() < until; round++) {
      const kind = HARMS[round % HARMS.length] as CrowdOptions['harm'];
      const harms = 1 + random.below(MOST_HARMS);
      const { fault, seen } = await tryCrowd({
        program,
        workspace: workspace.path,
        runners,
        harm: kind,
        harms,
        random,
        place,
        ...(isOfTwo && { users: TWO_USERS }),
      });
      const name = isOfTwo ? `two users, round ${round + 1}` : `round ${round + 1}`;
      cases.push(
        fault === undefined
          ? { name, status: 'held', detail: seen }
          : { name, status: 'failed', detail: `${seen}: ${fault}` },
      );
      say(`${cases.at(-1)?.status}  ${name}  ${seen}`);
    }
  } finally {
    workspace.remove();
  }
  return cases;
}
