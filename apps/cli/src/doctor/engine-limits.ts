import type { EngineName } from '@retort/plugin-kit';

const COPIES =
  'weights go to the card and gradients come back at every step, because the optimizer runs in main memory';
const NO_GPU_YET = 'loading is tested, computing on a card is not';

/** What each engine cannot do. Factors were measured on 2 cores, for a student of 4 x 312: see docs/decisions. */
export const ENGINE_LIMITS: Readonly<Record<EngineName, readonly string[]>> = {
  onnx: ['only operations that can be traced; compiled once per batch shape'],
  tensorflow: ['one operation at a time, 1.1 times as slow as PyTorch', 'float32 only', 'Linux on x86-64 only'],
  wasm: ['one thread, 7 to 8 times as slow as onnx', 'float32 only'],
  cpu: ['one thread, about 150 times as slow as onnx: for tests, and as the reference for the other engines'],
  'tensorflow-cuda': [NO_GPU_YET, COPIES],
  'onnx-cuda': [NO_GPU_YET, COPIES],
  'onnx-webgpu': [NO_GPU_YET, COPIES],
};
