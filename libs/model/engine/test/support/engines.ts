import { engineProblem } from '@retort/engine/availability';
import type { EngineName } from '@retort/engine/names';

/** Engines that need no GPU. */
export const PROCESSOR_ENGINES = ['cpu', 'onnx', 'tensorflow', 'wasm'] as const satisfies readonly EngineName[];

/** TensorFlow is set up apart from `npm ci`; tests that need an engine that is not here are reported as skipped, by its name. */
export function isHere(name: EngineName): boolean {
  if (name === 'tensorflow' && process.env['RETORT_TEST_TENSORFLOW'] === '0') return false;
  return engineProblem(name) === undefined;
}

export const ENGINES_HERE = PROCESSOR_ENGINES.filter(isHere);
