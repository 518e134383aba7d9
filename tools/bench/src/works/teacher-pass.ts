import {
  createEngine,
  type ForwardPass,
  type ForwardProgram,
  type HostTensors,
  type Parameter,
  type Precision,
} from '@retort/engine';
import { type BertConfig, encode, initialValues, parameterSpecs, parametersOf, tokenAxes } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { attentionScoresColumn, hiddenStatesColumn } from '@retort/tables';
import type { Tensor } from '@tensorflow/tfjs-core';
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
  const length = context.isQuick ? 16 : 64;
  const weights = parametersOf(initialValues(parameterSpecs(config), 1));
  const program: ForwardProgram = (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
    const { hiddenStates, attentionScores } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    return Object.fromEntries([
      ...hiddenStates.map((state, layer) => [hiddenStatesColumn(layer), state]),
      ...attentionScores.map((scores, i) => [attentionScoresColumn(i + 1), scores]),
    ]);
  };
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
