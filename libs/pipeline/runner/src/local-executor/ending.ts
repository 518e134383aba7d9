import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { diskError, RetortError } from '@retort/foundation/diagnostics';
import type { StageEnd, StageLaunch } from '@retort/pipeline-runner';

export interface ProcessExit {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** Set when the process could not even be started. */
  readonly originalMessage?: string | undefined;
}

const LOG_END_BYTES = 4096;

/** A process that ended without saying how its stage did. */
export function crash({ task, logPath }: StageLaunch, exit: ProcessExit): StageEnd {
  const log = readEnd(logPath);
  const limit = systemLimit(log, task.stage);
  if (limit !== undefined)
    return { status: 'failed', code: limit.code, message: `${limit.message} Its log: ${logPath}`, mayPass: true };
  const isOutOfHeap = log.includes('JavaScript heap out of memory');
  const message = `The process of stage "${task.stage}" ${isOutOfHeap ? 'ran out of JavaScript memory' : howItEnded(exit)}. Its log: ${logPath}`;
  return {
    status: 'failed',
    code: isOutOfHeap ? 'STAGE_OUT_OF_MEMORY' : 'STAGE_CRASHED',
    message: message + quote(log),
    mayPass: !isOutOfHeap,
  };
}

/** A process that could not load its own code, because of a limit of the system, has no way to say so but its log. */
function systemLimit(log: string, stage: string): RetortError | undefined {
  const [, code, path] =
    /^(?:Error: |\s*code: ')(EMFILE|ENFILE|ENOSPC|EDQUOT|EIO)\b[^\n]*?(?:'(\/[^'\n]*)')?$/m.exec(log) ?? [];
  if (code === undefined) return undefined;
  const error = diskError(Object.assign(new Error(code), { code, path }), `start stage "${stage}"`);
  return error instanceof RetortError ? error : undefined;
}

export function timeout({ task, logPath, timeoutSeconds }: StageLaunch): StageEnd {
  const message = `Stage "${task.stage}" took longer than its ${timeoutSeconds} seconds. Raise run.timeout of the stage, or see its log: ${logPath}`;
  return { status: 'failed', code: 'STAGE_TIMEOUT', message, mayPass: true };
}

function howItEnded({ exitCode, signal, originalMessage }: ProcessExit): string {
  if (signal === 'SIGKILL') return 'was killed (SIGKILL), as the system does when memory runs out';
  if (signal !== undefined) return `was ended by ${signal}`;
  if (exitCode === 13) return 'exited with an unresolved promise (Node exit code 13)';
  if (exitCode !== undefined) return `exited with code ${exitCode} before its stage finished`;
  return `could not be started: ${originalMessage}`;
}

/** What Node prints around an error: stack, details, its version. */
const NOISE = /^\s*(at |Node\.js v|[{}^]|requireStack|code: )|^\s*$/;

/** The last lines of the log that say something, indented, where there are any. */
function quote(log: string): string {
  const lines = log.split('\n').filter((line) => !NOISE.test(line) && line.length < 500);
  return lines
    .slice(-5)
    .map((line) => `\n  ${line}`)
    .join('');
}

function readEnd(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, LOG_END_BYTES));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
