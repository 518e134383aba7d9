import { widenFloat16 } from '@retort/foundation/float16';
import type { InputTensor } from './parameters.ts';

/** The numbers of an input as a program sees them: those of float16 made wide, others the input's own array. */
export function inputValues({ data }: InputTensor): Float32Array | Int32Array {
  return data instanceof Uint16Array ? widenFloat16(data) : data;
}
