import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { casesText, type SuiteReport } from './render/cases.ts';
import type { Suite, SuiteSettings } from './suite.ts';
import { SUITES } from './suites.ts';

interface Options {
  readonly json?: boolean;
  readonly list?: boolean;
  readonly case?: string;
  readonly rounds?: number;
  readonly seconds?: number;
  readonly seed: number;
}

/**
 * @param workspace  absolute path of the checkout to try
 * @returns the exit code: 0 everything held, 1 something did not, 2 bad usage
 */
export async function main(workspace: string, args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    program.parse(args, { from: 'user' });
    return await run(workspace, program.args, program.opts<Options>());
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.code}\n  ${error.message}`);
    return 2;
  }
}

function createProgram(): Command {
  return new Command('reliability')
    .description('Kills, damages and crowds runs and stores, and says whether everything held.')
    .argument('[suite...]', 'which suites; all when left out')
    .option('--json', 'print one JSON document')
    .option('--list', 'say which suites there are')
    .option('--case <text>', 'only cases with this in their names')
    .option('--rounds <n>', 'how often what happens by chance is done', wholeNumber)
    .option('--seconds <n>', 'begin no further round after this long', wholeNumber)
    .option('--seed <n>', 'decides what happens by chance', wholeNumber, 1)
    .addHelpText(
      'after',
      '\nExamples:\n  node tools/reliability/bin/reliability.mjs damage\n  node tools/reliability/bin/reliability.mjs crowd --rounds 20 --json\n  node tools/reliability/bin/reliability.mjs damage --case "checkpoint: emptied"',
    )
    .exitOverride();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

async function run(workspace: string, names: readonly string[], options: Options): Promise<number> {
  if (options.list) {
    for (const { name, description } of SUITES) console.log(`${name.padEnd(12)} ${description}`);
    return 0;
  }
  const { rounds, seconds, seed, case: only } = options;
  const settings = { workspace, rounds, seconds, seed, only, say: (line: string) => console.error(line) };
  const suites = chosen(names);
  if (only !== undefined) requireNamedCases(suites);
  const reports: SuiteReport[] = [];
  for (const suite of suites) reports.push(await carryOut(suite, settings));
  if (only !== undefined) requireCases(reports, only);
  console.log(
    options.json ? JSON.stringify({ seed, suites: reports }, undefined, 2) : reports.map(casesText).join('\n'),
  );
  return reports.some(({ cases }) => cases.some(({ status }) => status === 'failed')) ? 1 : 0;
}

function requireNamedCases(suites: readonly Suite[]): void {
  const without = suites.filter(({ hasNamedCases }) => !hasNamedCases).map(({ name }) => name);
  if (without.length > 0)
    throw new UsageError(
      'SUITE_HAS_NO_NAMED_CASES',
      `--case cannot choose among the cases of ${without.join(', ')}. Name suites whose cases have names, such as damage.`,
    );
}

function requireCases(reports: readonly SuiteReport[], only: string): void {
  if (reports.every(({ cases }) => cases.length === 0))
    throw new UsageError(
      'SUITE_CASE_UNKNOWN',
      `No case of ${reports.map(({ suite }) => suite).join(', ')} has ${JSON.stringify(only)} in its name.`,
    );
}

async function carryOut(suite: Suite, settings: SuiteSettings): Promise<SuiteReport> {
  const startedAt = performance.now();
  settings.say(`trying ${suite.name}`);
  const cases = await suite.run(settings);
  return { suite: suite.name, seconds: (performance.now() - startedAt) / 1000, cases };
}

function chosen(names: readonly string[]): readonly Suite[] {
  const known = SUITES.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new UsageError('SUITE_UNKNOWN', `There is no suite "${name}".${suggestion(name, known)}`);
  return names.length === 0 ? SUITES : SUITES.filter(({ name }) => names.includes(name));
}
