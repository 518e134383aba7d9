import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomStream } from '@retort/foundation/random';
import { type Case, inFolder, isOver, randomOf, roundsOf, type Suite, type SuiteContext } from '@retort/lab';
import { ATTEMPTS } from './attempts.ts';
import { foreignTablesIn } from './fuzz-foreign-tables.ts';
import { modelsIn } from './fuzz-models.ts';
import { pipelinesIn } from './fuzz-pipelines.ts';
import { tablesIn } from './fuzz-tables.ts';
import { fuzzTexts } from './fuzz-texts.ts';

const ROUNDS = 2000;
const TEXT_ROUNDS = 300;

/** Files that somebody else wrote: refused in seconds with one clear error, or used; never believed. */
export const hostile: Suite = {
  name: 'hostile',
  description:
    'pipeline files, tables, stores, models and manifests made to do harm: a clear error, soon, and nothing outside touched',
  cases: (context) => [
    ...ATTEMPTS.map(({ name, run }) => ({
      name,
      run: () => inFolder(context.scratchFolder, (folder) => run({ folder, workspace: context.workspace })),
    })),
    ...fuzzCases(context),
  ],
};

/** One round, on something damaged at random. Resolves to what went wrong. */
type Round = (random: RandomStream) => Promise<string | undefined>;

function fuzzCases(context: SuiteContext): Case[] {
  const { workspace, seed } = context;
  const fuzzed = (name: string, prepare: (folder: string) => Round | Promise<Round>): Case => ({
    name,
    run: async () => {
      const round = await prepare(await mkdtemp(join(context.scratchFolder, 'fuzzed-')));
      return manyRounds(context, name, round);
    },
  });
  return [
    fuzzed('damaged Arrow tables are read or refused', tablesIn),
    fuzzed('damaged Parquet and Arrow tables of other tools are read or refused', (folder) =>
      foreignTablesIn(folder, workspace),
    ),
    {
      name: 'texts that patterns stumble over are read or refused',
      run: () => fuzzTexts(context.scratchFolder, { seed, rounds: roundsOf(context, TEXT_ROUNDS) }),
    },
    fuzzed('damaged model folders are read or refused', modelsIn),
    fuzzed('damaged pipeline files are planned or refused', pipelinesIn),
  ];
}

async function manyRounds(context: SuiteContext, name: string, attempt: Round): Promise<string> {
  const rounds = roundsOf(context, ROUNDS);
  for (let round = 0; round < rounds; round++) {
    if (isOver(context)) return `${round} rounds`;
    const wrong = await attempt(randomOf(context, name, round));
    if (wrong !== undefined) throw new Error(`round ${round} of seed ${context.seed}: ${wrong}`);
  }
  return `${rounds} rounds`;
}
