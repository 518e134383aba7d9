import type { StageDefinition } from '@retort/plugin-kit';
import { builtins } from './builtins.ts';

/** Every stage that a pipeline file can use, by its `uses`. Definitions only: no tensor library is loaded. */
export const registry: ReadonlyMap<string, StageDefinition> = new Map(
  (builtins.stages ?? []).map((stage) => [stage.kind, stage]),
);
