import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '@retort/pipeline-runner';

export interface CommandOptions {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  readonly store: string;
  readonly args: readonly string[];
  /** What `RETORT_FAULT` asks for. */
  readonly fault?: string | undefined;
}

/** How a command ended that is killed rather than asked. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly events: readonly RunEvent[];
  readonly stderr: string;
  readonly seconds: number;
}

/** `retort` in a process group of its own, as from a terminal. */
export class RetortProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #store: string;
  #stdout = '';

  constructor({ workspace, store, args, fault }: CommandOptions) {
    const startedAt = performance.now();
    const { PATH = '', HOME = '' } = process.env;
    this.#store = store;
    this.#child = spawn(process.execPath, [join(workspace, 'apps/cli/bin/retort.mjs'), ...args], {
      cwd: workspace,
      env: { PATH, HOME, RETORT_STORE: store, ...(fault === undefined ? {} : { RETORT_FAULT: fault }) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let stderr = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([exitCode, signal]) => ({
      exitCode,
      signal,
      events: parseLines(this.#stdout),
      stderr,
      seconds: (performance.now() - startedAt) / 1000,
    }));
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves at the first event of a kind, or when the command has ended without one. */
  async until(isIt: (event: RunEvent) => boolean): Promise<void> {
    while (!this.hasEnded && !parseLines(this.#stdout).some(isIt)) await sleep(20);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** @returns whether a stage's process was there to be killed */
  killStage(): boolean {
    const [pid] = stageProcesses(this.#store);
    if (pid === undefined) return false;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false;
    }
  }
}

/** Processes that run a stage of this store, by the task file that each has as its argument. Linux alone can say. */
export function stageProcesses(store: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandOf(pid).some((argument) => argument.startsWith(`${store}/`)));
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** A process that was killed may leave half a line. */
function parseLines(text: string): RunEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as RunEvent];
    } catch {
      return [];
    }
  });
}
