import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Experiment, type LabContext, Skipped } from './experiment.ts';
import { asMarkdown } from './report/markdown.ts';
import { countsOf, type ExperimentResult, type LabReport, skipped } from './report/report.ts';
import { surroundings } from './report/surroundings.ts';
import { asText } from './report/text.ts';

/** A command that carries out experiments. */
export interface Lab<Context extends LabContext> {
  /** With its name, description, options and examples. */
  readonly command: Command;
  /** What an experiment is called here: "bench". */
  readonly noun: string;
  /** In the order in which they run and are shown; a function where the options decide. */
  readonly experiments: readonly Experiment<Context>[] | ((options: Context) => readonly Experiment<Context>[]);
}

/** The options of every lab, and those that some have. */
interface LabOptions {
  readonly json?: boolean;
  readonly list?: boolean;
  readonly markdown?: boolean;
  readonly case?: string;
}

/**
 * @param workspace  absolute path of the checkout to try
 * @returns the exit code: 0 nothing failed, 1 something did, 2 bad usage
 */
export async function runLab<Context extends LabContext>(
  lab: Lab<Context>,
  workspace: string,
  args: readonly string[],
): Promise<number> {
  const { command, noun } = lab;
  command
    .argument(`[${noun}...]`, 'which of them; all when left out')
    .option('--json', 'print one JSON document')
    .option('--list', `list each ${noun}; the cases of those that are named`)
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
    return await carryOut(lab, workspace);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.code}\n  ${error.message}`);
    return 2;
  }
}

/** For options of commander. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

async function carryOut<Context extends LabContext>(
  { command, noun, experiments }: Lab<Context>,
  workspace: string,
): Promise<number> {
  const { json = false, list = false, markdown = false, ...options } = command.opts<LabOptions>();
  const contextIn = (scratchFolder: string) => {
    const say = (line: string) => console.error(line);
    return { ...options, workspace, scratchFolder, say, startedAt: performance.now() } as object as Context;
  };
  const known = typeof experiments === 'function' ? experiments(contextIn(tmpdir())) : experiments;
  const casesOf = (each: Experiment<Context>) => each.cases?.(contextIn(tmpdir()));
  const chosen = withCases(chosenOf(command.args, known, noun), { casesOf, noun, part: options.case });
  if (list) {
    const lines = (each: Experiment<Context>) =>
      casesOf(each)?.map((name) => `${each.name}: ${name}`) ?? [lineOf(each)];
    console.log((command.args.length > 0 ? chosen.flatMap(lines) : chosen.map(lineOf)).join('\n'));
    return 0;
  }
  const where = await surroundings(workspace);
  const results: ExperimentResult[] = [];
  for (const each of chosen) results.push(await inScratchFolder(each, contextIn));
  const report: LabReport = { surroundings: where, options: { ...options }, experiments: results };
  const counts = countsOf(report);
  if (json) console.log(JSON.stringify({ ...report, counts }, undefined, 2));
  else console.log(markdown ? asMarkdown(report) : asText(report));
  return counts.failed > 0 ? 1 : 0;
}

function lineOf({ name, description }: Experiment<never>): string {
  return `${name.padEnd(22)}${description}`;
}

function chosenOf<E extends { readonly name: string }>(
  names: readonly string[],
  known: readonly E[],
  noun: string,
): readonly E[] {
  const all = known.map(({ name }) => name);
  for (const name of names)
    if (!all.includes(name))
      throw new UsageError(
        `${noun.toUpperCase()}_UNKNOWN`,
        `There is no ${noun} ${JSON.stringify(name)}.${suggestion(name, all)}`,
      );
  return names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
}

/** Those that have cases with the text in their names, where there is one. */
function withCases<E extends { readonly name: string }>(
  experiments: readonly E[],
  {
    casesOf,
    noun,
    part,
  }: { casesOf: (each: E) => readonly string[] | undefined; noun: string; part?: string | undefined },
): readonly E[] {
  if (part === undefined) return experiments;
  const found = experiments.filter((each) => casesOf(each)?.length);
  if (found.length > 0) return found;
  const names = experiments.map(({ name }) => name).join(', ');
  throw new UsageError(
    `${noun.toUpperCase()}_CASE_UNKNOWN`,
    `No case of ${names} has ${JSON.stringify(part)} in its name. List them with: --list ${experiments[0]?.name}`,
  );
}

/** One that fails does not keep the others from running. */
async function inScratchFolder<Context extends LabContext>(
  { name, description, measure }: Experiment<Context>,
  contextIn: (folder: string) => Context,
): Promise<ExperimentResult> {
  const folder = await mkdtemp(join(tmpdir(), `retort-${name}-`));
  const context = contextIn(folder);
  context.say(`running ${name}`);
  const startedAt = performance.now();
  const end = (result: Pick<ExperimentResult, 'outcomes' | 'error'>): ExperimentResult => {
    return { name, description, seconds: (performance.now() - startedAt) / 1000, ...result };
  };
  try {
    return end({ outcomes: await measure(context) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return end(error instanceof Skipped ? { outcomes: [skipped(name, text)] } : { outcomes: [], error: text });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
