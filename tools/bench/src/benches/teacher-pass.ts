import { encode, initialValues, parameterSpecs } from '@retort/bert';
import { attentionScoresColumn, hiddenStatesColumn } from '@retort/columnar';
import { createEngine, type ForwardProgram, type HostTensors } from '@retort/engine';
import { RandomStream, streamKey } from '@retort/random';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { BenchContext, Measurement } from '../bench.ts';
import { bertConfig, geometryFor, nameOf } from '../paper-geometry.ts';
import { repeat, spreadOf } from '../repeat.ts';

const BATCH_ROWS = 16;

/** One pass of the teacher, in evaluation mode, with every hidden state and every attention score as results. */
export async function teacherPass(context: BenchContext): Promise<Measurement[]> {
  const geometry = geometryFor(context);
  const config = bertConfig(geometry.teacher, geometry);
  const length = context.isQuick ? 16 : 64;
  const weights = [...initialValues(parameterSpecs(config), 1)].map(([name, tensor]) => ({ name, ...tensor }));
  const program: ForwardProgram = (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
    const { hiddenStates, attentionScores } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    return Object.fromEntries([
      ...hiddenStates.map((state, layer) => [hiddenStatesColumn(layer), state]),
      ...attentionScores.map((scores, i) => [attentionScoresColumn(i + 1), scores]),
    ]);
  };
  const engine = await createEngine('onnx', { threads: context.threads });
  const pass = engine.forward(program, weights);
  const inputs = fullRows(config.vocabularySize, length);
  const times = await repeat({ repetitions: context.isQuick ? 3 : 10, warmUps: 2 }, async () => {
    await pass.run(inputs);
  });
  await pass.dispose();
  const rate = Math.round((BATCH_ROWS * length * 1000) / spreadOf(times).value);
  return [
    {
      name: `pass, ${nameOf(config)} at ${BATCH_ROWS} x ${length}`,
      unit: 'ms',
      ...spreadOf(times),
      notes: `all hidden states and attention scores out; ${rate} tokens/s; ${context.threads} threads`,
    },
  ];
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
