import util from 'node:util';
import { RetortError } from '@retort/foundation/diagnostics';
import { findBackend, registerBackend } from '@tensorflow/tfjs-core';
import { requireEngine } from '../availability.ts';
import { createEagerEngine } from '../eager-engine.ts';
import type { Engine } from '../engine.ts';
import { loadBackend } from '../tfjs.ts';
import { multiplyMatricesDirectly } from './kernels.ts';
import { loadBinding } from './load-binding.ts';

const BACKEND = 'tensorflow';
const BUILDS = { tensorflow: 'cpu', 'tensorflow-cuda': 'cuda' } as const;

/**
 * tfjs on the TensorFlow C library, through the addon of @tensorflow/tfjs-node-gpu.
 *
 * @throws UsageError ENGINE_NOT_INSTALLED; RetortError ENGINE_NOT_LOADED, also when the CUDA build finds no GPU
 */
export async function createTensorflowEngine({
  name,
  threads,
}: {
  name: keyof typeof BUILDS;
  threads: number;
}): Promise<Engine> {
  requireEngine(name);
  const binding = loadBinding(BUILDS[name], threads);
  if (name === 'tensorflow-cuda' && !binding.isUsingGpuDevice())
    throw new RetortError(
      'ENGINE_NOT_LOADED',
      'The CUDA build of TensorFlow found no usable GPU. Check that `nvidia-smi` lists one, with a driver for CUDA 12.5 or newer.',
    );
  if (findBackend(BACKEND) === null) await register(binding);
  await loadBackend(BACKEND);
  return createEagerEngine(name, BACKEND);
}

/** The package's own entry would look for the addon inside node_modules, where `npm ci` removes it. */
async function register(binding: ReturnType<typeof loadBinding>): Promise<void> {
  restoreOldUtilities();
  const { NodeJSKernelBackend } = await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
  await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  registerBackend(BACKEND, () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu') as never, 0);
  multiplyMatricesDirectly();
}

/** tfjs-node uses functions of node:util that Node 23 removed. */
function restoreOldUtilities(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === undefined || value === null;
  old.isArray ??= Array.isArray;
}
