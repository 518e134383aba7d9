import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleEntry, CodeError } from '@retort/code-closure';
import { type Diagnostic, firstFew, InvalidInputError } from '@retort/foundation/diagnostics';
import { EXTENSION_POINTS, registerExtensions } from '@retort/foundation/extensions';
import { readWorkspaceConfig, WORKSPACE_CONFIG } from '@retort/pipeline-schema';
import type { Plugin, StageDefinition } from '@retort/plugin-kit';
import { builtins } from '../builtins.ts';
import type { Surroundings } from '../settings.ts';
import { findPlugin } from './find-plugin.ts';
import { pluginProblems } from './plugin-problems.ts';

/** A plug-in and where its code is. */
export interface LoadedPlugin extends Plugin {
  readonly file: string;
}

const SHOWN_PROBLEMS = 3;

/**
 * The plug-ins that the workspace's configuration lists, loaded for planning and registered in this process.
 *
 * @throws InvalidInputError with every problem of all plug-ins; then none is registered
 */
export async function loadPlugins({ installation, workspace, cwd }: Surroundings): Promise<readonly LoadedPlugin[]> {
  if (workspace === undefined) return [];
  const { plugins: listed } = await readWorkspaceConfig(workspace, cwd);
  const loaded: LoadedPlugin[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const name of listed) {
    const found = findPlugin(name, workspace);
    const plugin =
      'why' in found ? problem('PLUGIN_NOT_FOUND', name, found.why) : await load(name, found.file, installation);
    if ('code' in plugin) diagnostics.push(plugin);
    else loaded.push(plugin);
  }
  diagnostics.push(...collisions(loaded));
  if (diagnostics.length > 0) throw new InvalidInputError(diagnostics);
  for (const plugin of loaded) registerExtensions(plugin, plugin.file);
  return loaded;
}

async function load(name: string, file: string, installation: string): Promise<LoadedPlugin | Diagnostic> {
  let exported: unknown;
  try {
    const { path } = await bundleEntry({ installation, entryFile: file, forPlanning: true, plugins: [file] });
    exported = ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (error) {
    if (error instanceof CodeError && error.code !== 'CODE_DOES_NOT_BUNDLE') throw error;
    return problem('PLUGIN_DOES_NOT_LOAD', name, error instanceof Error ? error.message : String(error));
  }
  const problems = pluginProblems(exported);
  if (problems.length > 0) return problem('PLUGIN_MALFORMED', name, firstFew(problems, SHOWN_PROBLEMS));
  const plugin = exported as Plugin;
  return { ...plugin, stages: (plugin.stages ?? []).map((stage) => placed(stage, file)), file };
}

/** A stage whose module says where it is. */
function placed(stage: StageDefinition, file: string): StageDefinition {
  const value = stage.module === '' ? `${file}#${stage.kind}` : resolve(dirname(file), stage.module);
  const members = Object.getOwnPropertyDescriptors(stage);
  return Object.defineProperties({}, { ...members, module: { value, enumerable: true } }) as StageDefinition;
}

function problem(code: string, plugin: string, why: string): Diagnostic {
  const message = `The plug-in ${JSON.stringify(plugin)} cannot be used: ${why.replace(/\.$/, '')}.`;
  return { code, message, location: { file: WORKSPACE_CONFIG } };
}

/** A name that two bring would mean one of them, and nobody could tell which. */
function collisions(plugins: readonly LoadedPlugin[]): Diagnostic[] {
  const owners = new Map<string, Plugin>();
  const found: Diagnostic[] = [];
  for (const plugin of [builtins, ...plugins]) {
    for (const [what, name] of namesOf(plugin)) {
      const owner = owners.get(`${what} ${name}`);
      owners.set(`${what} ${name}`, owner ?? plugin);
      if (owner === undefined) continue;
      const other = owner === builtins ? 'is built in' : `also comes from the plug-in "${owner.name}"`;
      const message = `"${name}" of the plug-in "${plugin.name}" ${other} (${what}). Rename one of them, or take a plug-in out of the list.`;
      found.push({ code: 'PLUGIN_NAME_TAKEN', message, location: { file: WORKSPACE_CONFIG } });
    }
  }
  return found;
}

function namesOf(plugin: Plugin): [what: string, name: string][] {
  const stages = (plugin.stages ?? []).map(({ kind }): [string, string] => ['stages', kind]);
  const others = EXTENSION_POINTS.flatMap((point) =>
    (plugin[point] ?? []).map(({ name }): [string, string] => [point, name]),
  );
  return [['plug-ins', plugin.name], ...stages, ...others];
}
