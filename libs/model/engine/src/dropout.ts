import { RetortError } from '@retort/foundation/diagnostics';
import { streamKey } from '@retort/foundation/random';
import { mul, type Tensor } from '@tensorflow/tfjs-core';
import type { HostMemory } from './host-memory.ts';
import type { ProgramContext } from './program.ts';

/** A mask that a program asked for; its elements are made anew for every step. */
export interface DropoutSlot {
  readonly index: number;
  readonly shape: readonly number[];
  readonly rate: number;
}

/** A context whose dropout multiplies with a mask tensor that `mask` supplies for each call in program order. */
export function dropoutContext(mask: (slot: DropoutSlot) => Tensor): ProgramContext {
  let count = 0;
  return {
    dropout(x, rate) {
      if (rate === 0) return x;
      if (!(rate > 0 && rate < 1))
        throw new RetortError('DROPOUT_OUT_OF_RANGE', `A dropout rate must be at least 0 and below 1, got ${rate}.`);
      return mul(x, mask({ index: count++, shape: x.shape, rate })) as typeof x;
    },
  };
}

/** Elements are 0, or 1 / (1 - rate); decided by (key, slot, position) alone. */
export function fillDropoutMask(
  memory: HostMemory,
  target: Float32Array,
  { index, rate }: Pick<DropoutSlot, 'index' | 'rate'>,
  dropoutKey: number,
): void {
  memory.kernels.dropoutMask(
    target.byteOffset,
    target.length,
    streamKey(dropoutKey, index),
    Math.round(rate * 0x1000000),
    1 / (1 - rate),
  );
}
