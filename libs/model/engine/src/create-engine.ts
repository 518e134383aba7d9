import { availableParallelism } from 'node:os';
import type { Engine } from './engine.ts';
import type { EngineName } from './engine-name.ts';

/**
 * Loads an engine; never another in its place.
 *
 * @param threads cores to keep busy; never changes a result
 * @throws UsageError ENGINE_NOT_INSTALLED, RetortError ENGINE_NOT_LOADED
 */
export async function createEngine(
  name: EngineName,
  { threads = availableParallelism() }: { threads?: number } = {},
): Promise<Engine> {
  switch (name) {
    case 'onnx':
    case 'onnx-cuda':
    case 'onnx-webgpu':
      return (await import('./onnx-engine.ts')).createOnnxEngine({ name, threads });
    case 'tensorflow':
    case 'tensorflow-cuda':
      return (await import('./tensorflow/tensorflow-engine.ts')).createTensorflowEngine({ name, threads });
    case 'wasm':
      return (await import('./wasm/wasm-engine.ts')).createWasmEngine();
    case 'cpu':
      return (await import('./cpu-engine.ts')).createCpuEngine();
  }
}
