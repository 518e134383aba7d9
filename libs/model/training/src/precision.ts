import type { EngineName } from '@retort/engine/names';
import type { SettingProblem } from '@retort/foundation/diagnostics';

/** Asking an engine for int8 that computes in float32 only. `setting` names the field of the settings. Imports no tensor library. */
export function precisionProblems(
  precision: 'float32' | 'int8',
  { engine, setting }: { engine: EngineName; setting: string },
): SettingProblem[] {
  if (precision === 'float32' || engine === 'onnx') return [];
  const message = `The engine "${engine}" computes only in float32. Remove "${setting}", or run with --engine onnx.`;
  return [{ code: 'PRECISION_UNSUPPORTED', path: ['with', setting], message }];
}
