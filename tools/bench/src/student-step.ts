import { type BertConfig, encode, initialValues, parameterSpecs } from '@retort/bert';
import { distillationLoss, type LossBlock } from '@retort/distillation';
import { createEngine, type HostTensor, ParameterSet, type TrainingProgram } from '@retort/engine';
import { RandomStream } from '@retort/random';
import { AdamW } from '@retort/training';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Measurement, medianMilliseconds } from './measure.ts';

const STUDENT: BertConfig = {
  layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200, maxPositions: 512, vocabularySize: 30_522, segmentTypes: 2, layerNormEpsilon: 1e-12,
};
const TEACHER = { layers: 12, hiddenSize: 768 };
const MAPPING = [0, 3, 6, 9, 12];
const BLOCK = {
  attention: { weight: 1, padding: 'masked' },
  hidden: { weight: 1, padding: 'masked' },
  embedding: { weight: 1, padding: 'masked' },
  logits: { weight: 0, kind: 'softCrossEntropy', temperature: 1, reduction: 'batchMean', scaleByTemperatureSquared: false },
  labels: { weight: 0 },
  layerMapping: { kind: 'uniform' },
  layerReduction: 'sum',
  projection: 'shared',
} as const satisfies LossBlock;

/** One training step of the published student on given signals of a 12 x 768 teacher: forward, backward, AdamW. */
export async function studentStep({ threads, batch, length, repetitions }: { threads: number; batch: number; length: number; repetitions: number }): Promise<Measurement> {
  const random = new RandomStream(1);
  const normal = (...shape: number[]): HostTensor => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = random.unit() - 0.5;
    return { data, shape };
  };
  const values = initialValues(parameterSpecs(STUDENT), 1);
  values.set('projection.weight', { shape: [312, 768], values: normal(312, 768).data as Float32Array });
  values.set('projection.bias', { shape: [768], values: new Float32Array(768) });
  const parameters = new ParameterSet(values);
  const program: TrainingProgram = (p, x, context) => {
    const input = x as Record<string, Tensor>;
    const get = (name: string) => input[name] as never;
    const student = encode({ config: STUDENT, parameters: p, dropout: { rates: { hidden: 0.1, attention: 0.1 }, context } }, { tokenIds: get('tokenIds'), segmentIds: get('segmentIds'), keyMask: get('keyMask') });
    return distillationLoss({
      block: BLOCK, mapping: MAPPING, student: student as never, keyMask: get('keyMask'),
      teacher: {
        hiddenStates: Object.fromEntries(MAPPING.map((layer) => [layer, get(`hidden.${layer}`)])),
        attentionScores: Object.fromEntries(MAPPING.slice(1).map((layer) => [layer, get(`attention.${layer}`)])),
      },
      projections: [{ weight: p['projection.weight'] as never, bias: p['projection.bias'] as never }],
    }) as never;
  };
  const ids = new Int32Array(batch * length).map(() => random.below(STUDENT.vocabularySize));
  const inputs: Record<string, HostTensor> = {
    tokenIds: { data: ids, shape: [batch, length] },
    segmentIds: { data: new Int32Array(batch * length), shape: [batch, length] },
    keyMask: { data: new Int32Array(batch * length).fill(1), shape: [batch, length] },
  };
  for (const layer of MAPPING) inputs[`hidden.${layer}`] = normal(batch, length, TEACHER.hiddenSize);
  for (const layer of MAPPING.slice(1)) inputs[`attention.${layer}`] = normal(batch, 12, length, length);
  const trainer = (await createEngine('onnx', { threads })).trainer(program, parameters);
  const optimizer = new AdamW(parameters, { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.01, maxGradientNorm: 1 });
  const parts = { step: [] as number[], optimizer: [] as number[] };
  const milliseconds = await medianMilliseconds(repetitions, async (i) => {
    const start = performance.now();
    await trainer.step(inputs, { dropoutKey: i });
    const middle = performance.now();
    optimizer.apply({ names: trainer.reached, learningRateFactor: 1 });
    parts.step.push(middle - start);
    parts.optimizer.push(performance.now() - middle);
  });
  await trainer.dispose();
  const median = (xs: number[]) => xs.sort((a, b) => a - b)[xs.length >> 1] as number;
  return { name: `student step 4 x 312, ${batch} x ${length}, signals given`, value: milliseconds, unit: 'ms', notes: `gradients ${median(parts.step).toFixed(0)} ms, AdamW ${median(parts.optimizer).toFixed(0)} ms` };
}
