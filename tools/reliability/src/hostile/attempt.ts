import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endOf, retort as type } from '@retort/lab';

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

/** What each attempt types, and what it ends with when nothing is wrong. */
export const RUN = ['run', './hostile.pipeline.json'];
export const DONE = { exitCode: 0, text: 'Done in' };

/** The pipeline file of an attempt; text is written as it is. */
export function writePipeline({ folder }: Where, stages: object | string): Promise<void> {
  const text = typeof stages === 'string' ? stages : JSON.stringify({ name: 'hostile', stages });
  return writeFile(join(folder, 'hostile.pipeline.json'), text);
}

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
  const ended = await type({
    workspace,
    cwd: folder,
    store: join(folder, 'store'),
    args,
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`, NO_COLOR: '1', ...env },
    mostSeconds: MOST_SECONDS,
  });
  const text = `${ended.stdout}\n${ended.stderr}`;
  const isExpected = [expected.exitCode].flat().includes(ended.exitCode ?? -1) && text.includes(expected.text);
  assert(
    isExpected,
    `retort ${args[0]}: ${endOf(ended)}: ${JSON.stringify(text.slice(-600))}; expected ${expected.exitCode} with ${expected.text}`,
  );
  const control = findControlCharacters(text);
  assert(control === undefined, `retort ${args[0]} printed control characters: ${control}`);
  return expected.text;
}

/** @returns the text around the first character that could move a cursor; undefined where there is none */
export function findControlCharacters(text: string): string | undefined {
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(text);
  return control === null ? undefined : JSON.stringify(text.slice(Math.max(0, control.index - 80), control.index + 40));
}
