import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { makeFolder, printable, UsageError } from '@retort/foundation/diagnostics';
import { KEBAB_CASE, resolvePath } from '@retort/pipeline-schema';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { stagePackage } from '../new/stage-package.ts';
import { openRegistry } from '../registry.ts';
import type { CommonOptions, Surroundings } from '../settings.ts';
import { listPlugin } from '../workspace-config.ts';

/** What can be written. */
export const NEW_KINDS = ['stage'] as const;

interface NewOptions extends CommonOptions {
  /** Folder that the plug-in's own goes into. */
  readonly out?: string;
}

/** Writes a plug-in with a stage, its pipeline and its test, and adds it to the workspace's list. */
export async function writeNew(
  _kind: (typeof NEW_KINDS)[number],
  name: string,
  options: NewOptions,
  typedIn: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const { installation, cwd, workspace = cwd } = typedIn;
  const folder = join(options.out === undefined ? join(workspace, 'plugins') : resolvePath(cwd, options.out), name);
  const registry = await openRegistry({ ...typedIn, workspace });
  refuse(name, folder, registry.has(name));
  const files = stagePackage(name);
  await makeFolder(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text, { flag: 'wx' });
  await listPlugin(pathFrom(workspace, folder), workspace, installation);
  const shown = relative(cwd, folder).replaceAll(sep, '/') || '.';
  const next = [`npm test --prefix ${shown}`, `npx retort run ${shown}/${name}.pipeline.json`, 'npx retort schema'];
  out.writeDocument({ plugin: name, folder, files: Object.keys(files), next });
  out.print(
    [
      `Wrote the plug-in ${printable(folder)}: ${Object.keys(files).join(', ')}.`,
      `Added it to ${printable(join(workspace, 'retort.config.json'))}.`,
      `\nNext:\n${next.map((line) => `  ${line}`).join('\n')}`,
    ].join('\n'),
  );
  return EXIT.done;
}

/** As the configuration lists a folder: from the workspace, beginning with a dot. */
function pathFrom(workspace: string, folder: string): string {
  const path = relative(workspace, folder).replaceAll(sep, '/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** @throws UsageError for a name that is none, or that something has already */
function refuse(name: string, folder: string, isTaken: boolean): void {
  if (!KEBAB_CASE.test(name)) {
    const message = `${JSON.stringify(name)} cannot be the name of a stage. Use kebab-case: lower-case words with "-" between them, such as clean-text.`;
    throw new UsageError('NEW_BAD_NAME', message);
  }
  if (isTaken) throw new UsageError('NEW_NAME_TAKEN', `There is a stage named "${name}" already. Choose another name.`);
  if (existsSync(folder))
    throw new UsageError('NEW_EXISTS', `${folder} is there already. Remove it, or choose another name or --out.`);
}
