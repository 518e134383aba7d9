import { readFileSync } from 'node:fs';
import { diskError, InvalidInputError, RetortError } from '@retort/foundation/diagnostics';
import { digestBytes } from '@retort/foundation/digest';
import { registerExtensions } from '@retort/foundation/extensions';
import { StageInterrupted } from '@retort/foundation/work';
import type { AnyStageRun, StageContext } from './context.ts';
import { reach } from './fault-points.ts';
import { HostChannel } from './host-channel.ts';
import { listenToRunner } from './host-control.ts';
import type { Plugin } from './plugin.ts';
import type { StageEvent, StageTask } from './protocol.ts';
import { checkpointsOf } from './task-checkpoints.ts';
import { writeFully } from './write-fully.ts';

/** How a stage's process ends. The last event says the same with more detail. */
export const STAGE_EXIT_CODES = { finished: 0, failed: 1, invalidInput: 2, interrupted: 75 } as const;

type Ending = { readonly event: StageEvent; readonly exitCode: number };

/**
 * The main function of a stage's process: runs the task whose JSON file is the only argument, tells the runner how it
 * goes (see `StageEvent`), and ends the process. Never returns.
 *
 * @param plugins  those whose objects the stage's settings use
 */
export async function hostStage(run: AnyStageRun, ...plugins: readonly Plugin[]): Promise<never> {
  for (const plugin of plugins) registerExtensions(plugin, plugin.name);
  const channel = new HostChannel();
  const isInterrupted = listenToRunner();
  let rename = (text: string): string => text;
  process.on('uncaughtException', (error) => end(channel, failure(error), rename));
  try {
    const task = readTask(process.argv[2]);
    rename = renaming(task);
    const context = createContext(task, channel, { isInterrupted, rename });
    reach('stage.started');
    const result = await run(context as never);
    reach('stage.computed');
    const event: StageEvent = { event: 'finished', result, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
    return end(channel, { event, exitCode: STAGE_EXIT_CODES.finished }, rename);
  } catch (error) {
    return end(channel, failure(error), rename);
  }
}

function readTask(path: string | undefined): StageTask {
  if (path === undefined)
    throw new RetortError('STAGE_NO_TASK', 'The stage needs the path of its task file as argument.');
  return JSON.parse(readFileSync(path, 'utf8')) as StageTask;
}

/** What a stage says of a copy is said of the user's own file. */
function renaming({ shownAs = {} }: StageTask): (text: string) => string {
  const names = Object.entries(shownAs);
  return (text) => names.reduce((renamed, [copy, own]) => renamed.replaceAll(copy, () => own), text);
}

function createContext(
  task: StageTask,
  channel: HostChannel,
  { isInterrupted, rename }: { isInterrupted: () => boolean; rename: (text: string) => string },
): StageContext {
  const throwIfInterrupted = () => {
    if (isInterrupted()) throw new StageInterrupted();
  };
  const say = (event: 'log' | 'warning', text: string) => {
    const message = rename(text);
    writeLog(event === 'log' ? message : `warning: ${message}`);
    channel.send({ event, message });
  };
  const warn = (message: string) => say('warning', message);
  return {
    config: task.config,
    seed: task.seed,
    engine: task.engine,
    threads: task.threads,
    inputs: task.inputs,
    outputs: task.outputs,
    throwIfInterrupted,
    checkpoints: checkpointsOf(task, { codeDigest: ownCodeDigest(), throwIfInterrupted, warn }),
    progress: (progress) => channel.progress(progress),
    log: (message) => say('log', message),
    warn,
  };
}

/** Of the bundle that this process runs. A checkpoint of other code may mean something else. */
function ownCodeDigest(): string {
  return digestBytes(readFileSync(process.argv[1] as string));
}

function failure(cause: unknown): Ending {
  const error = diskError(cause, 'read or write a file');
  if (error instanceof StageInterrupted) {
    return { event: { event: 'interrupted' }, exitCode: STAGE_EXIT_CODES.interrupted };
  }
  if (error instanceof RetortError) {
    const isInvalidInput = error instanceof InvalidInputError;
    const event = { event: 'failed', code: error.code, message: error.message, ...stackOf(error) } as const;
    if (isInvalidInput) return { event: { ...event, isInvalidInput }, exitCode: STAGE_EXIT_CODES.invalidInput };
    return { event, exitCode: STAGE_EXIT_CODES.failed };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    event: { event: 'failed', code: 'STAGE_CRASHED', message, ...stackOf(error) },
    exitCode: STAGE_EXIT_CODES.failed,
  };
}

function stackOf(error: unknown): { stack?: string } {
  return error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
}

function end(channel: HostChannel, { event, exitCode }: Ending, rename: (text: string) => string): never {
  const said = event.event === 'failed' ? renamed(event, rename) : event;
  if (said.event === 'failed') writeLog(said.stack ?? said.message);
  channel.send(said);
  process.exit(exitCode);
}

type Failed = Extract<StageEvent, { event: 'failed' }>;

function renamed({ message, stack, ...event }: Failed, rename: (text: string) => string): Failed {
  return { ...event, message: rename(message), ...(stack !== undefined && { stack: rename(stack) }) };
}

/** A log that cannot be written, on a full disk, must not keep the runner from hearing why. */
function writeLog(text: string): void {
  try {
    writeFully(2, `${text}\n`);
  } catch {}
}
