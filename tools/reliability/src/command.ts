import { join } from 'node:path';
import type { RunEvent } from '@retort/pipeline-runner';
import { execa } from 'execa';

export interface Command {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  readonly store: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command: what it is started by. */
  readonly prefix?: readonly string[];
}

export interface CommandEnd {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types a `retort` command and waits for its end. */
export async function retort({ workspace, store, args, env = {}, prefix = [] }: Command): Promise<CommandEnd> {
  const { PATH = '', HOME = '' } = process.env;
  const [program = '', ...words] = [...prefix, process.execPath, join(workspace, 'apps/cli/bin/retort.mjs'), ...args];
  const { exitCode, stdout, stderr } = await execa(program, words, {
    cwd: workspace,
    env: { PATH, HOME, RETORT_STORE: store, ...env },
    extendEnv: false,
    reject: false,
    maxBuffer: 1 << 27,
  });
  return { exitCode, stdout, stderr };
}

/** `stage.port` -> digest, of a run that is done; undefined when it did not end well. */
export function digestsOf({ exitCode, stdout }: CommandEnd): Readonly<Record<string, string>> | undefined {
  if (exitCode !== 0) return undefined;
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RunEvent;
  if (last.event !== 'run-finished' || last.status !== 'done') return undefined;
  const digests = last.stages.flatMap(({ id, outputs }) =>
    Object.entries(outputs).map(([port, { digest }]) => [`${id}.${port}`, digest] as const),
  );
  return Object.fromEntries(digests);
}

/** A message for people has no stack; one that has is a mistake of ours. */
export function findStackTrace({ stdout, stderr }: CommandEnd): string | undefined {
  return /^.*(INTERNAL_ERROR|RUNNER_FAILED|\n\s+at \S+ ?\(?.*:\d+:\d+).*$/ms
    .exec(`${stderr}\n${stdout}`)?.[0]
    .slice(0, 500);
}
