import { availableParallelism } from 'node:os';
import type { EngineName } from '@retort/stage-kit';
import type { Engine } from './engine.ts';

/** @param threads cores to keep busy; never changes a result */
export async function createEngine(
  name: EngineName,
  { threads = availableParallelism() }: { threads?: number } = {},
): Promise<Engine> {
  switch (name) {
    case 'onnx':
      return (await import('./onnx-engine.ts')).createOnnxEngine({ threads });
    case 'cpu':
      return (await import('./cpu-engine.ts')).createCpuEngine();
  }
}
