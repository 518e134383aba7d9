import type { SettingProblem } from '@retort/foundation/diagnostics';

export { modelSize } from './parameters.ts';

/** The geometry of a BERT, as far as a pipeline file fixes it. */
export interface Architecture {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly maxPositions: number;
}

/** What a schema cannot say of a geometry. Imports no tensor library. @param path where the geometry stands in its stage */
export function geometryProblems(
  architecture: Architecture,
  path: readonly string[],
  maxSequenceLength?: number,
): SettingProblem[] {
  const { hiddenSize, heads, maxPositions } = architecture;
  const problems: SettingProblem[] = [];
  if (hiddenSize % heads !== 0) {
    const near = Math.max(1, Math.round(hiddenSize / heads)) * heads;
    problems.push({
      code: 'BERT_HEADS_DO_NOT_DIVIDE',
      path: [...path, 'heads'],
      message: `hiddenSize ${hiddenSize} is not divisible by ${heads} heads. The nearest hiddenSize that is: ${near}.`,
    });
  }
  if (maxSequenceLength !== undefined && maxSequenceLength > maxPositions) {
    problems.push({
      code: 'BERT_SEQUENCE_TOO_LONG',
      path: [...path, 'maxPositions'],
      message: `The tokens have up to ${maxSequenceLength} positions, but the model has only ${maxPositions}. Raise "maxPositions", or lower "maxSequenceLength" of the tokenize stage.`,
    });
  }
  return problems;
}
