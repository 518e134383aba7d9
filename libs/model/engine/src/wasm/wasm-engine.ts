import { createEagerEngine } from '../eager-engine.ts';
import type { Engine } from '../engine.ts';
import { loadBackend } from '../tfjs.ts';
import { registerWasmKernels } from './kernels.ts';

/**
 * tfjs on WebAssembly: runs wherever Node does, with no native code. One thread, since tfjs has no others in Node
 * (tensorflow/tfjs#3830), and 7 to 8 times slower than `onnx`.
 */
export async function createWasmEngine(): Promise<Engine> {
  await import('@tensorflow/tfjs-backend-wasm');
  registerWasmKernels();
  await loadBackend('wasm');
  return createEagerEngine('wasm', 'wasm');
}
