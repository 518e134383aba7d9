import { type ByInput, byInput, type InputEntry } from '@retort/foundation/inputs';
import type { StageDefinition } from './definition.ts';

/** As a stage gets it: an input that takes a list has one, however many there are. */
export function takenBy<Value>(
  { inputs }: Pick<StageDefinition, 'inputs'>,
  entries: readonly InputEntry<Value>[],
): ByInput<Value> {
  return byInput(entries, (name) => inputs[name]?.list === true);
}
