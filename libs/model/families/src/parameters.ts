import type { Parameter } from '@retort/engine';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { outputsOfTask } from '@retort/foundation/task';
import type { BertConfig } from './config.ts';

/** Parts of a model beside its encoder. A classifier brings its pooler; a pooler alone waits for a classifier. */
export type Head = 'maskedLanguageModel' | 'pooler' | 'classifier';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: 'normal' | 'zeros' | 'ones';
}

/** Every parameter of a model in a fixed order. Matrices are [out, in]. */
export function parameterSpecs(config: BertConfig, heads: readonly Head[] = []): ParameterSpec[] {
  const { hiddenSize, intermediateSize, embeddingSize = hiddenSize } = config;
  const table = (name: string, rows: number): ParameterSpec => ({
    name,
    shape: [rows, embeddingSize],
    initial: 'normal',
  });
  const dense = (name: string, out: number, input: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [out, input], initial: 'normal' },
    { name: `${name}.bias`, shape: [out], initial: 'zeros' },
  ];
  const norm = (name: string, size = hiddenSize): ParameterSpec[] => [
    { name: `${name}.scale`, shape: [size], initial: 'ones' },
    { name: `${name}.bias`, shape: [size], initial: 'zeros' },
  ];
  const layers = Array.from({ length: config.layers }, (_, i) => [
    ...dense(`layers.${i}.attention.query`, hiddenSize, hiddenSize),
    ...dense(`layers.${i}.attention.key`, hiddenSize, hiddenSize),
    ...dense(`layers.${i}.attention.value`, hiddenSize, hiddenSize),
    ...dense(`layers.${i}.attention.output`, hiddenSize, hiddenSize),
    ...norm(`layers.${i}.attention.norm`),
    ...dense(`layers.${i}.intermediate`, intermediateSize, hiddenSize),
    ...dense(`layers.${i}.output`, hiddenSize, intermediateSize),
    ...norm(`layers.${i}.norm`),
  ]).flat();
  return [
    table('embeddings.word', config.vocabularySize),
    table('embeddings.position', config.maxPositions),
    table('embeddings.segment', config.segmentTypes),
    ...norm('embeddings.norm', embeddingSize),
    ...(embeddingSize === hiddenSize ? [] : dense('embeddings.projection', hiddenSize, embeddingSize)),
    ...layers,
    ...(heads.includes('maskedLanguageModel')
      ? [
          ...dense('maskedLanguageModel.transform', embeddingSize, hiddenSize),
          ...norm('maskedLanguageModel.norm', embeddingSize),
          { name: 'maskedLanguageModel.bias', shape: [config.vocabularySize], initial: 'zeros' as const },
        ]
      : []),
    ...(heads.includes('classifier') || heads.includes('pooler') ? dense('pooler', hiddenSize, hiddenSize) : []),
    ...(heads.includes('classifier') ? dense('classifier', outputCount(config), hiddenSize) : []),
  ];
}

/** Numbers in a model, before it has any. */
export function modelSize(config: BertConfig, heads: readonly Head[] = []): number {
  return parameterSpecs(config, heads).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Width of the classification head. */
export function outputCount({ task }: BertConfig): number {
  return task ? outputsOfTask(task) : 1;
}

export const INITIAL_DEVIATION = 0.02;

/** Fresh weights: truncated normal with deviation 0.02, zeros for biases, ones for scales. A name's values depend on the seed and the name alone. */
export function initialValues(
  specs: readonly ParameterSpec[],
  seed: number,
): Map<string, { shape: readonly number[]; values: Float32Array }> {
  return new Map(
    specs.map(({ name, shape, initial }) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (initial === 'ones') values.fill(1);
      if (initial === 'normal') {
        const random = new RandomStream(streamKey(seed, 'weights', name));
        for (let i = 0; i < values.length; i++) values[i] = random.truncatedNormal() * INITIAL_DEVIATION;
      }
      return [name, { shape, values }];
    }),
  );
}

/** Arrays by name, such as a loaded model's `values`, as an engine takes them. */
export function parametersOf(
  values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>,
): Parameter[] {
  return [...values].map(([name, tensor]) => ({ name, ...tensor }));
}
