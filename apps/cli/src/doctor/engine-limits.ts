import type { EngineName } from '@retort/plugin-kit';

const COPIES = 'weights go to the card and gradients come back at every step, since the optimizer works in memory';
const NO_GPU_YET = 'loading it is tested, computing on a card is not';

/** What each engine cannot do. Factors were measured on 2 cores, for a student of 4 x 312: see docs/decisions. */
export const ENGINE_LIMITS: Readonly<Record<EngineName, readonly string[]>> = {
  onnx: ['only operations that can be traced; each shape of a batch is compiled once'],
  tensorflow: ['operation by operation, 1.1 times as long as PyTorch', 'float32 only', 'Linux on x86-64 only'],
  wasm: ['one thread, 7 to 8 times as long as onnx', 'float32 only'],
  cpu: ['one thread, some 150 times as long as onnx: for tests, and as what the others are compared with'],
  'tensorflow-cuda': [NO_GPU_YET, COPIES],
  'onnx-cuda': [NO_GPU_YET, COPIES],
  'onnx-webgpu': [NO_GPU_YET, COPIES],
};
