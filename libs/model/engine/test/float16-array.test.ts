import { createEngine } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';

/** 1.5, -2 and 0.25. */
const BITS = new Uint16Array([0x3e00, 0xc000, 0x3400]);

it('reads float16 where there is a Float16Array, as in Node 24, whose arrays ONNX Runtime cannot read', async () => {
  // Its values are not those of the buffer, as the compiled part of ONNX Runtime sees it.
  vi.stubGlobal(
    'Float16Array',
    class extends Float64Array {
      constructor(_buffer: ArrayBuffer, _offset: number, length: number) {
        super(length);
      }
    },
  );
  const engine = await createEngine('onnx', { threads: 1 });
  const pass = engine.forward(
    ({ factor }, { x }) => ({ y: tf.mul(x as tf.Tensor, factor as tf.Tensor) }),
    [{ name: 'factor', shape: [1], values: new Float32Array([2]) }],
  );
  const { y } = await pass.run({ x: { shape: [3], data: BITS } });
  expect([...(y?.data ?? [])]).toEqual([3, -4, 0.5]);
  await pass.dispose();
});
