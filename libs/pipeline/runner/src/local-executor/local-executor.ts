import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor, RunningStage, StageEnd, StageLaunch } from '@retort/pipeline-runner';
import type { StageEvent } from '@retort/plugin-kit';
import { execa } from 'execa';
import { crash, timeout } from './ending.ts';
import { stageEnvironment } from './environment.ts';

const NODE_OPTIONS = ['--enable-source-maps', '--max-old-space-size=3072'];
/** Longer than a stage gives itself (`SECONDS_TO_STOP` of the host), so that it can say that it was interrupted. */
const MILLISECONDS_TO_STOP = 25_000;

/** Runs each stage in a Node process on this machine. */
export function createLocalExecutor(): Executor {
  return { start };
}

function start(launch: StageLaunch): RunningStage {
  const { child, exited } = spawn(launch);
  let isStopping = false;
  let isLate = false;
  const stop = () => {
    isStopping = true;
    child.stdin.write('stop\n', () => {});
    child.kill('SIGTERM');
  };
  const kill = () => {
    isStopping = true;
    killGroup(child);
  };
  const timer = startTimer(launch.timeoutSeconds, () => {
    isLate = true;
    stop();
  });
  const done = follow(child.iterable({ from: 'fd3' }), launch.onEvent).then(async (last): Promise<StageEnd> => {
    const exit = await exited;
    clearTimeout(timer);
    killGroup(child);
    if (last?.event === 'finished')
      return { status: 'finished', result: last.result, peakMemoryBytes: last.peakMemoryBytes };
    if (isLate) return timeout(launch);
    if (last?.event === 'interrupted' || (isStopping && last?.event !== 'failed')) return { status: 'interrupted' };
    if (last?.event === 'failed') {
      const { code, message, isInvalidInput } = last;
      return {
        status: 'failed',
        code,
        message,
        mayPass: code === 'STAGE_CRASHED',
        ...(isInvalidInput && { isInvalidInput }),
      };
    }
    return crash(launch, exit);
  });
  return { done, stop, kill };
}

function spawn({ task, codePath, scratchFolder, logPath }: StageLaunch) {
  const taskPath = join(scratchFolder, 'task.json');
  writeFileSync(taskPath, JSON.stringify(task));
  // execa's types know descriptors up to 9 only.
  const log = openSync(logPath, 'a') as 9;
  const child = execa(process.execPath, [...NODE_OPTIONS, codePath, taskPath], {
    // Standard input stays open for as long as the runner lives: its end tells the stage that the runner is gone.
    stdio: ['pipe', log, log, 'pipe'],
    env: stageEnvironment(process.env),
    extendEnv: false,
    // A group of its own: whatever the stage starts can be ended with it.
    detached: true,
    buffer: false,
    reject: false,
    forceKillAfterDelay: MILLISECONDS_TO_STOP,
  });
  child.stdin.on('error', () => {});
  closeSync(log);
  return {
    child,
    exited: child.then(({ exitCode, signal, originalMessage }) => ({ exitCode, signal, originalMessage })),
  };
}

/** Ends the stage's process, where it is still there, and all that it has started. */
function killGroup({ pid }: { readonly pid?: number | undefined }): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}

function startTimer(seconds: number | undefined, onLate: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(onLate, seconds * 1000);
}

/** Hands on every event; resolves with the last when the stage's process has said everything. */
async function follow(
  lines: AsyncIterable<unknown>,
  onEvent: (event: StageEvent) => void,
): Promise<StageEvent | undefined> {
  let last: StageEvent | undefined;
  try {
    for await (const line of lines) {
      const event = parseEvent(String(line));
      if (event === undefined) continue;
      last = event;
      onEvent(event);
    }
  } catch {
    // The process could not be started or died; how it ended says so.
  }
  return last;
}

/** A process that dies may leave half a line. */
function parseEvent(line: string): StageEvent | undefined {
  try {
    return JSON.parse(line) as StageEvent;
  } catch {
    return undefined;
  }
}
