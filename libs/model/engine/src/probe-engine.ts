import { createRequire } from 'node:module';
import { RetortError } from '@retort/foundation/diagnostics';
import { squaredDifference, sum, type Tensor } from '@tensorflow/tfjs-core';
import { createEngine } from './create-engine.ts';
import type { EngineName } from './engine-name.ts';
import { ParameterSet } from './parameters.ts';
import { loadedTensorflow } from './tensorflow/load-binding.ts';

export interface EngineProbe {
  /** `onnxruntime-node 1.30.0` */
  readonly version: string;
  /** What it computes on. */
  readonly hardware: string;
}

/**
 * Loads an engine and takes the gradient of something small with it.
 *
 * @throws UsageError ENGINE_NOT_INSTALLED, RetortError ENGINE_NOT_LOADED, ENGINE_WRONG; whatever a library throws
 */
export async function probeEngine(name: EngineName, { threads }: { threads: number }): Promise<EngineProbe> {
  const engine = await createEngine(name, { threads });
  const parameters = new ParameterSet(new Map([['w', { shape: [2], values: Float32Array.of(1, 2) }]]));
  const trainer = engine.trainer(
    ({ w }, { x }) => ({ loss: sum(squaredDifference(w as Tensor, x as Tensor)), terms: {} }),
    parameters,
  );
  const { loss } = await trainer.step({ x: { shape: [2], data: Float32Array.of(4, 6) } }, { dropoutKey: 0 });
  const gradient = [...(parameters.byName.get('w')?.gradient ?? [])];
  await trainer.dispose();
  if (loss !== 25 || gradient.join() !== '-6,-8')
    throw new RetortError(
      'ENGINE_WRONG',
      `(1 - 4)² + (2 - 6)² gave ${loss} with gradient ${gradient}, not 25 with -6,-8.`,
    );
  return { version: VERSIONS[name](), hardware: hardwareOf(name, threads) };
}

const packageVersion = (name: string) => {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return `${name.replace('@tensorflow/', '')} ${version}`;
};
const onnxruntime = () => packageVersion('onnxruntime-node');
const tensorflow = () => `TensorFlow ${loadedTensorflow()}, ${packageVersion('@tensorflow/tfjs-node-gpu')}`;

const VERSIONS: Readonly<Record<EngineName, () => string>> = {
  onnx: onnxruntime,
  'onnx-cuda': onnxruntime,
  'onnx-webgpu': onnxruntime,
  tensorflow,
  'tensorflow-cuda': tensorflow,
  wasm: () => packageVersion('@tensorflow/tfjs-backend-wasm'),
  cpu: () => packageVersion('@tensorflow/tfjs-core'),
};

function hardwareOf(name: EngineName, threads: number): string {
  if (name.endsWith('-cuda')) return 'the graphics card, through CUDA';
  if (name.endsWith('-webgpu')) return 'the graphics card, through WebGPU';
  const used = name === 'wasm' || name === 'cpu' ? 1 : threads;
  return `the processor, ${used} ${used === 1 ? 'thread' : 'threads'}`;
}
