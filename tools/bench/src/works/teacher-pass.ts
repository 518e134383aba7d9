import { attentionScores, hiddenStates, layersOf } from '@retort/distillation/signals';
import { createEngine, type ForwardPass, type HostTensors, type Parameter, type Precision } from '@retort/engine';
import { type BertConfig, initialValues, parameterSpecs, parametersOf, tokenAxes } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { answersProgram } from '@retort/training';
import type { BenchContext } from '../bench.ts';
import { bertConfig, geometryFor } from '../paper-geometry.ts';

export const BATCH_ROWS = 16;

/** The paper's teacher on one batch of full rows; every hidden state and every attention score is a result. */
export interface TeacherPass {
  readonly config: BertConfig;
  readonly weights: readonly Parameter[];
  readonly inputs: HostTensors;
  readonly length: number;
  readonly passIn: (precision: Precision) => ForwardPass;
}

export async function createTeacherPass(context: BenchContext): Promise<TeacherPass> {
  const geometry = geometryFor(context);
  const config = bertConfig(geometry.teacher, geometry);
  const length = context.quick ? 16 : 64;
  const weights = parametersOf(initialValues(parameterSpecs(config), 1));
  const everything = [hiddenStates, attentionScores].flatMap((signal) =>
    layersOf(signal, config.layers).map((layer) => ({ signal, layer })),
  );
  const program = answersProgram(config, everything);
  const engine = await createEngine('onnx', { threads: context.threads });
  const inputs = fullRows(config.vocabularySize, length);
  const freeAxes = tokenAxes(config);
  const passIn = (precision: Precision) => engine.forward(program, weights, { precision, freeAxes });
  return { config, weights, inputs, length, passIn };
}

function fullRows(vocabularySize: number, length: number): HostTensors {
  const random = new RandomStream(streamKey(1, 'full-rows'));
  const shape = [BATCH_ROWS, length];
  const size = BATCH_ROWS * length;
  return {
    tokenIds: { data: new Int32Array(size).map(() => random.below(vocabularySize)), shape },
    segmentIds: { data: new Int32Array(size), shape },
    keyMask: { data: new Int32Array(size).fill(1), shape },
  };
}
