import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import { type Attempt, MOST_SECONDS } from './attempt.ts';
import { ATTEMPTS } from './attempts.ts';
import { foreignTablesIn } from './fuzz-foreign-tables.ts';
import { modelsIn } from './fuzz-models.ts';
import { fuzzPipeline } from './fuzz-pipelines.ts';
import { tablesIn } from './fuzz-tables.ts';
import { fuzzTexts } from './fuzz-texts.ts';

const ROUNDS = 2000;
const TABLES = 'damaged Arrow tables are read or refused';
const FOREIGN = 'damaged Parquet and Arrow tables of other tools are read or refused';
const TEXTS = 'texts that patterns stumble over are read or refused';
const TEXT_ROUNDS = 300;
const MODELS = 'damaged model folders are read or refused';
const PIPELINES = 'damaged pipeline files are planned or refused';

/** Files that somebody else wrote: refused in seconds with one clear error, or used; never believed. */
export const hostile: Suite = {
  name: 'hostile',
  description:
    'pipeline files, tables, stores, models and manifests made to do harm: a clear error, soon, and nothing outside touched',
  hasNamedCases: true,
  run: async (settings) => {
    const folder = await mkdtemp(join(tmpdir(), 'retort-hostile-'));
    try {
      return [...(await attempts(folder, settings)), ...(await fuzzed(folder, settings))];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function fuzzed(folder: string, settings: SuiteSettings): Promise<SuiteCase[]> {
  const cases: SuiteCase[] = [];
  if (isWanted(TABLES, settings)) cases.push(await damagedTables(folder, settings));
  if (isWanted(FOREIGN, settings)) cases.push(await damagedForeignTables(folder, settings));
  if (isWanted(TEXTS, settings)) cases.push(await hostileTexts(folder, settings));
  if (isWanted(MODELS, settings)) cases.push(await damagedModels(folder, settings));
  if (isWanted(PIPELINES, settings)) cases.push(await damagedPipelines(settings));
  return cases;
}

async function attempts(folder: string, settings: SuiteSettings): Promise<SuiteCase[]> {
  const cases: SuiteCase[] = [];
  for (const attempt of ATTEMPTS.filter(({ name }) => isWanted(name, settings))) {
    const each = await carryOut(attempt, { folder, workspace: settings.workspace });
    settings.say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
    cases.push(each);
  }
  return cases;
}

/** @param folder  each attempt gets one of its own in it */
export async function carryOut(
  attempt: Attempt,
  { folder, workspace }: { folder: string; workspace: string },
): Promise<SuiteCase> {
  const own = await mkdtemp(join(folder, 'attempt-'));
  const startedAt = performance.now();
  const seen = await attempt.run({ folder: own, workspace }).catch((error: Error) => error);
  const seconds = (performance.now() - startedAt) / 1000;
  const detail = `${seen instanceof Error ? seen.message : seen}, ${seconds.toFixed(1)} s`;
  return { name: attempt.name, status: seen instanceof Error ? 'failed' : 'held', detail };
}

/** Each round damages one table of each kind. */
export async function damagedTables(
  folder: string,
  settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>,
): Promise<SuiteCase> {
  const tryTables = await tablesIn(folder);
  return rounds(TABLES, settings, async (random) => {
    const wrong = (await tryTables(random)).find(
      ({ outcome, seconds }) => outcome === 'wrong' || seconds > MOST_SECONDS,
    );
    return wrong && `${wrong.kind}, ${wrong.seconds.toFixed(1)} s: ${wrong.detail}`;
  });
}

export async function damagedForeignTables(
  folder: string,
  settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed' | 'workspace'>,
): Promise<SuiteCase> {
  return rounds(FOREIGN, settings, await foreignTablesIn(folder, settings.workspace));
}

export async function hostileTexts(
  folder: string,
  { rounds: wanted = TEXT_ROUNDS, seed }: Pick<SuiteSettings, 'rounds' | 'seed'>,
): Promise<SuiteCase> {
  const wrong = await fuzzTexts(folder, { seed, rounds: wanted });
  return { name: TEXTS, status: wrong === undefined ? 'held' : 'failed', detail: wrong ?? `${wanted} rounds` };
}

/** Each round damages one file of a model. */
export async function damagedModels(
  folder: string,
  settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>,
): Promise<SuiteCase> {
  return rounds(MODELS, settings, await modelsIn(folder));
}

export function damagedPipelines(settings: Pick<SuiteSettings, 'rounds' | 'seconds' | 'seed'>): Promise<SuiteCase> {
  return rounds(PIPELINES, settings, fuzzPipeline);
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
