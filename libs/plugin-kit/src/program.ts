import { modulesOf } from '@retort/foundation/extensions';
import type { StageDefinition } from './definition.ts';

/**
 * Names what a stage's process runs: the module of its `run`, then the modules of the plug-ins whose objects its settings
 * use, one a line.
 */
export function programOf({ module, extensions }: StageDefinition, config: unknown): string {
  return [module, ...modulesOf(extensions?.(config) ?? {})].join('\n');
}
