import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { makeFolder, printable, UsageError } from '@retort/foundation/diagnostics';
import { KEBAB_CASE, resolvePath } from '@retort/pipeline-schema';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import * as objects from '../new/objects.ts';
import { stage } from '../new/stage.ts';
import { type Names, namesOf, packageOf, type Template } from '../new/template.ts';
import { openPlugins } from '../registry.ts';
import type { CommonOptions, Surroundings } from '../settings.ts';
import { listPlugin } from '../workspace-config.ts';

/** What can be written: `stage`, `loss-term` and so on. */
const TEMPLATES = new Map<string, Template>([
  ['stage', stage],
  ...Object.entries(objects).map(([name, template]): [string, Template] => [kebabCase(name), template]),
]);

export const NEW_KINDS = [...TEMPLATES.keys()];

interface NewOptions extends CommonOptions {
  /** Folder that the plug-in's own goes into. */
  readonly out?: string;
}

/** Writes a plug-in with one object, a pipeline that uses it and a test, and adds it to the workspace's list. */
export async function writeNew(
  kind: string,
  name: string,
  options: NewOptions,
  typedIn: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const { installation, cwd, workspace = cwd } = typedIn;
  const folder = join(options.out === undefined ? join(workspace, 'plugins') : resolvePath(cwd, options.out), name);
  const template = TEMPLATES.get(kind) as Template;
  const names = namesOf(name);
  const taken = await namesTaken(template, { ...typedIn, workspace });
  refuse({ names, folder, template, taken });
  const files = packageOf(template, names);
  await makeFolder(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text, { flag: 'wx' });
  await listPlugin(pathFrom(workspace, folder), workspace, installation);
  const shown = relative(cwd, folder).replaceAll(sep, '/') || '.';
  const next = [
    `npm test --prefix ${shown}`,
    `npx retort run ${shown}/${name}.pipeline.json`,
    `npx retort docs ${name}`,
    'npx retort schema',
  ];
  out.writeDocument({ plugin: name, folder, files: Object.keys(files), next });
  out.print(
    [
      `Wrote the plug-in ${printable(folder)}: ${Object.keys(files).join(', ')}.`,
      ...(template.among === 'stages' || names.object === name ? [] : [`Pipelines call it "${names.object}".`]),
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

/** Of plug-ins, and of what is among the same as what is to be written. */
async function namesTaken({ among }: Template, surroundings: Surroundings) {
  const plugins = await openPlugins(surroundings);
  const own = plugins.flatMap((plugin) =>
    among === 'stages' ? (plugin.stages ?? []).map(({ kind }) => kind) : (plugin[among] ?? []).map((each) => each.name),
  );
  return { plugins: plugins.map((plugin) => plugin.name), own };
}

interface Refusable {
  readonly names: Names;
  readonly folder: string;
  readonly template: Template;
  readonly taken: Awaited<ReturnType<typeof namesTaken>>;
}

/** @throws UsageError for a name that is none, or that something has already */
function refuse({ names, folder, template, taken }: Refusable): void {
  const { plugin, object } = names;
  if (!KEBAB_CASE.test(plugin)) {
    const message = `${JSON.stringify(plugin)} cannot be the name of ${template.title}. Use kebab-case: lower-case words with "-" between them, such as clean-text.`;
    throw new UsageError('NEW_BAD_NAME', message);
  }
  const own = template.among === 'stages' ? plugin : object;
  if (taken.own.includes(own))
    throw new UsageError('NEW_NAME_TAKEN', `There is ${template.title} named "${own}" already. Choose another name.`);
  if (taken.plugins.includes(plugin))
    throw new UsageError('NEW_NAME_TAKEN', `There is a plug-in named "${plugin}" already. Choose another name.`);
  if (existsSync(folder))
    throw new UsageError('NEW_EXISTS', `${folder} is there already. Remove it, or choose another name or --out.`);
}

/** `lossTerm` -> `loss-term`. */
function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
