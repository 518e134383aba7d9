import { createEagerEngine } from './eager-engine.ts';
import type { Engine } from './engine.ts';

/** tfjs in plain JavaScript. About 150 times slower than `onnx`: the oracle, on tiny shapes. */
export function createCpuEngine(): Engine {
  return createEagerEngine('cpu', 'cpu');
}
