import { parseArgs } from 'node:util';
import { generatedFiles } from './generated-files.ts';
import { orphans, staleFiles, writeFiles } from './write-files.ts';

export interface CodegenOptions {
  /** Root of the workspace. */
  readonly root: string;
  readonly arguments: readonly string[];
}

/** Writes every generated file, or with `--check` only lists those that are stale. Returns the exit code. */
export async function main(options: CodegenOptions): Promise<number> {
  const { values } = parseArgs({
    args: [...options.arguments],
    options: { check: { type: 'boolean', default: false } },
  });
  const { files, problems } = await generatedFiles(options.root);
  for (const problem of problems) process.stderr.write(`codegen: ${problem}\n`);
  const superfluous = orphans(options.root, files);
  if (values.check) {
    const stale = [...staleFiles(options.root, files), ...superfluous];
    for (const path of stale) process.stdout.write(`stale: ${path}\n`);
    if (stale.length > 0)
      process.stdout.write('Run `node tools/codegen/bin/codegen.mjs` and commit what it changes.\n');
    return stale.length + problems.length > 0 ? 1 : 0;
  }
  for (const path of writeFiles(options.root, files, superfluous)) process.stdout.write(`${path}\n`);
  return problems.length > 0 ? 1 : 0;
}
