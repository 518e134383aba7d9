import { join } from 'node:path';
import { execa } from 'execa';

/** One file, or folder, that was made to do harm, and what must come of it. */
export interface Attempt {
  readonly name: string;
  /** Resolves to what was seen; rejects when that is not right. */
  readonly run: (where: Where) => Promise<string>;
}

export interface Where {
  /** Empty; of this attempt alone. */
  readonly folder: string;
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** Variables that the command gets besides. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a terminal would obey. */
export const ESCAPE = '\u001b]0;owned\u0007\u001b[31m';

/** Heap of the command. The largest attempt would need many times that, were it believed. */
const HEAP_MEGABYTES = 512;
/** What is believed takes forever. A refusal takes seconds; on a machine with other work to do it has taken 35. */
export const MOST_SECONDS = 120;

export interface Expected {
  /** Or one of several. */
  readonly exitCode: number | readonly number[];
  /** What the command prints. */
  readonly text: string;
}

/**
 * Types a command in the attempt's folder, with the store in it.
 *
 * @throws Error when it ends otherwise, does not say what is expected, takes too long, or prints what a terminal obeys
 */
export async function retort(
  args: readonly string[],
  { folder, workspace, env }: Where,
  expected: Expected,
): Promise<string> {
  const { exitCode, all, signal } = await execa(
    process.execPath,
    [join(workspace, 'apps/cli/bin/retort.mjs'), ...args],
    {
      cwd: folder,
      env: {
        RETORT_STORE: join(folder, 'store'),
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`,
        NO_COLOR: '1',
        ...env,
      },
      reject: false,
      all: true,
      timeout: MOST_SECONDS * 1000,
    },
  );
  const text = all ?? '';
  if (![expected.exitCode].flat().includes(exitCode ?? -1) || !text.includes(expected.text))
    throw new Error(
      `retort ${args[0]}: exit ${exitCode ?? signal}: ${JSON.stringify(text.slice(-600))}; expected ${expected.exitCode} with ${expected.text}`,
    );
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(text);
  if (control !== null)
    throw new Error(
      `retort ${args[0]} printed control characters: ${JSON.stringify(text.slice(control.index - 80, control.index + 40))}`,
    );
  return expected.text;
}
