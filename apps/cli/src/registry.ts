import type { Plugin, StageDefinition } from '@retort/plugin-kit';
import { builtins } from './builtins.ts';
import { loadPlugins } from './plugins/load-plugins.ts';
import type { Surroundings } from './settings.ts';

/** Stages by their `uses`. */
export type Registry = ReadonlyMap<string, StageDefinition>;

/** The built-in stages. Definitions only: no tensor library is loaded. */
export const registry: Registry = stagesOf([builtins]);

const opened = new Map<string | undefined, Promise<readonly Plugin[]>>();

/**
 * What is built in, and the plug-ins of this workspace. Loads them the first time.
 *
 * @throws InvalidInputError naming plug-ins that cannot be loaded
 */
export function openPlugins(surroundings: Surroundings): Promise<readonly Plugin[]> {
  const { workspace } = surroundings;
  const known = opened.get(workspace) ?? loadPlugins(surroundings).then((plugins) => [builtins, ...plugins]);
  opened.set(workspace, known);
  return known;
}

/**
 * Every stage that a pipeline file of this workspace can use, those of its plug-ins too.
 *
 * @throws InvalidInputError naming plug-ins that cannot be loaded
 */
export async function openRegistry(surroundings: Surroundings): Promise<Registry> {
  return stagesOf(await openPlugins(surroundings));
}

function stagesOf(plugins: readonly Plugin[]): Registry {
  return new Map(plugins.flatMap(({ stages = [] }) => stages.map((stage) => [stage.kind, stage])));
}
