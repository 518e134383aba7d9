import { join } from 'node:path';
import { bundleEntry } from '@retort/code-closure';
import { execa } from 'execa';

/**
 * What a program of this command answers in a process of its own, to JSON on its standard input with JSON on its standard
 * output: reading weights, Arrow files and tokenizers needs libraries that no command loads.
 *
 * @param program  its file, from the folder `apps/cli/src`
 */
export async function askApart<Answer>(program: string, question: unknown, installation: string): Promise<Answer> {
  const { path } = await bundleEntry({ installation, entryFile: join(installation, 'apps/cli/src', program) });
  const { stdout } = await execa(process.execPath, [path], { input: JSON.stringify(question), maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Answer;
}
