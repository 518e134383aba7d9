import { type InputTensor, inputValues } from '@retort/engine';
import { writeSafetensors } from '@retort/families';

/** Writes tensors for the peer; ids and masks become float32, which holds them exactly. */
export function writeTensorFile(
  path: string,
  groups: Readonly<
    Record<string, Iterable<readonly [string, InputTensor | { shape: readonly number[]; values: Float32Array }]>>
  >,
): Promise<void> {
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const [group, entries] of Object.entries(groups))
    for (const [name, tensor] of entries)
      tensors.set(`${group}.${name}`, {
        shape: tensor.shape,
        values: 'values' in tensor ? tensor.values : Float32Array.from(inputValues(tensor)),
      });
  return writeSafetensors(path, tensors);
}
