import { modulesOf, registeredAt } from '@retort/foundation/extensions';
import type { StageDefinition } from './definition.ts';

/**
 * Names what a stage's process runs: the module of its `run`, then the modules of the plug-ins whose objects its settings
 * use, one a line. A stage that reads a model has all model families, since only the model says of which it is.
 */
export function programOf({ module, inputs, extensions }: StageDefinition, config: unknown): string {
  const readsModels = Object.values(inputs).some(({ types }) => types.includes('model'));
  const modelFamilies = readsModels ? registeredAt('modelFamilies').map(({ name }) => name) : [];
  return [module, ...modulesOf({ ...extensions?.(config), modelFamilies })].join('\n');
}
