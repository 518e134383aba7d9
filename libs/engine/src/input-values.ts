import { fromFloat16 } from '@retort/columnar';
import type { InputTensor } from './parameters.ts';

/** The numbers of an input as a program sees them: those of float16 made wide, others the input's own array. */
export function inputValues({ data }: InputTensor): Float32Array | Int32Array {
  if (!(data instanceof Uint16Array)) return data;
  const values = new Float32Array(data.length);
  fromFloat16(data, values);
  return values;
}
