import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream, streamKey } from '@retort/random';
import type { Suite, SuiteCase, SuiteSettings } from '../suite.ts';
import { ATTEMPTS, type Attempt } from './attempts.ts';
import { fuzzPipeline } from './fuzz-pipelines.ts';
import { tablesIn } from './fuzz-tables.ts';

const ROUNDS = 2000;
/** Nobody waits longer for a refusal; ten times what it takes on a loaded machine. */
const MOST_SECONDS = 30;

/** Files that somebody else wrote: refused in seconds with one clear error, or used; never believed. */
export const hostile: Suite = {
  name: 'hostile',
  description:
    'pipeline files, tables and packed texts made to break their readers: a clear error, soon, in bounded memory',
  run: async (settings) => {
    const folder = await mkdtemp(join(tmpdir(), 'retort-hostile-'));
    try {
      return [
        ...(await attempts(folder, settings)),
        await damagedTables(folder, settings),
        await damagedPipelines(settings),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function attempts(folder: string, { workspace, say }: SuiteSettings): Promise<SuiteCase[]> {
  const cases: SuiteCase[] = [];
  for (const attempt of ATTEMPTS) {
    const each = await carryOut(attempt, { folder, workspace });
    say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
    cases.push(each);
  }
  return cases;
}

export async function carryOut(attempt: Attempt, where: { folder: string; workspace: string }): Promise<SuiteCase> {
  const startedAt = performance.now();
  const seen = await attempt.run(where).catch((error: Error) => error);
  const seconds = (performance.now() - startedAt) / 1000;
  const isLate = seconds > MOST_SECONDS;
  const detail = `${seen instanceof Error ? seen.message : seen}, ${seconds.toFixed(1)} s`;
  return { name: attempt.name, status: seen instanceof Error || isLate ? 'failed' : 'held', detail };
}

/** Each round damages one table of each kind. */
export async function damagedTables(
  folder: string,
  settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>,
): Promise<SuiteCase> {
  const tryTables = await tablesIn(folder);
  return rounds('damaged Arrow tables are read or refused', settings, async (random) => {
    const wrong = (await tryTables(random)).find(
      ({ outcome, seconds }) => outcome === 'wrong' || seconds > MOST_SECONDS,
    );
    return wrong && `${wrong.kind}, ${wrong.seconds.toFixed(1)} s: ${wrong.detail}`;
  });
}

export function damagedPipelines(settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>): Promise<SuiteCase> {
  return rounds('damaged pipeline files are planned or refused', settings, fuzzPipeline);
}

async function rounds(
  name: string,
  {
    rounds: wanted = ROUNDS,
    seconds = Number.POSITIVE_INFINITY,
    seed,
  }: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>,
  attempt: (random: RandomStream) => Promise<string | undefined>,
): Promise<SuiteCase> {
  const until = performance.now() + seconds * 1000;
  for (let round = 0; round < wanted; round++) {
    if (performance.now() > until) return { name, status: 'held', detail: `${round} rounds` };
    const wrong = await attempt(new RandomStream(streamKey(seed, name, round)));
    if (wrong !== undefined) return { name, status: 'failed', detail: `round ${round} of seed ${seed}: ${wrong}` };
  }
  return { name, status: 'held', detail: `${wanted} rounds` };
}
