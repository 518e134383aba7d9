import type { BertConfig } from './config.ts';
import { type ModelFamily, parameterName, positionOffset } from './family.ts';
import { type Head, type ParameterSpec, parameterSpecs } from './parameters.ts';
import type { NamedArrays } from './safetensors.ts';
import { withoutSegments } from './segments.ts';

type Tensor = NonNullable<ReturnType<NamedArrays['get']>>;

/** A parameter as a family's folder holds it. */
export interface StoredSpec extends ParameterSpec {
  /** The family's name. */
  readonly stored: string;
}

/** All that a folder of a family has to hold of a model. */
export function storedSpecs(config: BertConfig, heads: readonly Head[], family: ModelFamily): StoredSpec[] {
  const offset = positionOffset(family, config);
  return parameterSpecs(config, heads)
    .filter(({ name }) => !(family.lacksSegments && name === 'embeddings.segment'))
    .map((spec) => ({
      ...spec,
      shape: spec.name === 'embeddings.position' ? [config.maxPositions + offset, spec.shape[1] as number] : spec.shape,
      stored: parameterName(family, spec.name, heads),
    }));
}

/** The parameters of a model, by what its family's folder holds of it. */
export function fromStored(
  stored: NamedArrays,
  { config, heads, family }: { config: BertConfig; heads: readonly Head[]; family: ModelFamily },
): Map<string, Tensor> {
  const offset = positionOffset(family, config);
  return new Map(
    parameterSpecs(config, heads).map(({ name, shape }) => {
      const found = stored.get(name)?.values ?? new Float32Array(shape.reduce((a, b) => a * b, 1));
      const first = name === 'embeddings.position' ? offset * (shape[1] as number) : 0;
      return [name, { shape, values: first === 0 ? found : found.slice(first) }];
    }),
  );
}

/** The other way. */
export function asStored(values: NamedArrays, config: BertConfig, family: ModelFamily): NamedArrays {
  const stored = family.lacksSegments ? withoutSegments(values, config) : values;
  const offset = positionOffset(family, config);
  if (offset === 0) return stored;
  const { shape, values: table } = stored.get('embeddings.position') as Tensor;
  const [rows, width] = shape as [number, number];
  const longer = new Float32Array((rows + offset) * width);
  longer.set(table, offset * width);
  return new Map([...stored, ['embeddings.position', { shape: [rows + offset, width], values: longer }]]);
}
