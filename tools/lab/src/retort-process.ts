import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULT_VARIABLE } from '@retort/foundation/fault-points';
import type { RunEvent } from '@retort/pipeline-runner';
import { execa } from 'execa';

export interface RetortOptions {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  readonly store: string;
  readonly args: readonly string[];
  /** Where it is typed; in the checkout when left out. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command: what it is started by. */
  readonly prefix?: readonly string[];
  /** What is started in place of Node on the checkout's command. */
  readonly program?: readonly string[];
  /** `<point>:<pass>` at which a process of it kills itself. */
  readonly fault?: string | undefined;
  /** Whose process it is; of who runs this when left out. Only root may choose. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** It is ended after this long. */
  readonly mostSeconds?: number;
}

/** How a command ended. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What it printed with `--json`. */
  readonly events: readonly RunEvent[];
  readonly seconds: number;
}

const MOST_OUTPUT = 1 << 28;

/** `retort` while it runs, with nothing of this process's environment but what starts programs. */
export class RetortProcess {
  readonly ended: Promise<Ended>;
  readonly #child;
  #stdout = '';

  constructor({ workspace, store, args, cwd = workspace, env = {}, prefix = [], fault, ...options }: RetortOptions) {
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    const { program = [process.execPath, join(workspace, 'apps/cli/bin/retort.mjs')], user, mostSeconds } = options;
    const [first = '', ...words] = [...prefix, ...program, ...args];
    this.#child = execa(first, words, {
      cwd,
      env: {
        PATH,
        HOME,
        ...(TMPDIR && { TMPDIR }),
        RETORT_STORE: store,
        ...(fault && { [FAULT_VARIABLE]: fault }),
        ...env,
      },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      maxBuffer: MOST_OUTPUT,
      ...user,
      ...(mostSeconds && { timeout: mostSeconds * 1000, killSignal: 'SIGKILL' }),
    });
    this.#child.stdout.on('data', (text) => (this.#stdout += text));
    this.ended = this.#child.then(({ exitCode, signal, stdout, stderr, durationMs }) => ({
      exitCode,
      signal,
      stdout,
      stderr,
      events: eventsIn(stdout),
      seconds: durationMs / 1000,
    }));
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it has printed so far with `--json`. */
  get events(): readonly RunEvent[] {
    return eventsIn(this.#stdout);
  }

  /** Resolves at the first event of a kind, or when the command has ended without one. */
  async until(isIt: (event: RunEvent) => boolean): Promise<void> {
    while (!this.hasEnded && !this.events.some(isIt)) await sleep(20);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/** Types a `retort` command and waits for its end. */
export function retort(options: RetortOptions): Promise<Ended> {
  return new RetortProcess(options).ended;
}

/** A process that was killed may leave half a line. */
function eventsIn(text: string): RunEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{"') ? [JSON.parse(line) as RunEvent] : [];
    } catch {
      return [];
    }
  });
}
