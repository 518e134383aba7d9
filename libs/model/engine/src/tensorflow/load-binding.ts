import { createRequire } from 'node:module';
import { RetortError } from '@retort/foundation/diagnostics';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import type { TensorflowBuildName } from './builds.ts';
import { tensorflowInstallation } from './installation.ts';

let loaded: { readonly build: TensorflowBuildName; readonly binding: TFJSBinding } | undefined;

/**
 * The native addon with its library, once in a process. TensorFlow reads its settings from the environment while it
 * loads, so that `threads` of later calls change nothing.
 */
export function loadBinding(build: TensorflowBuildName, threads: number): TFJSBinding {
  if (loaded?.build === build) return loaded.binding;
  if (loaded !== undefined)
    throw new RetortError(
      'ENGINE_NOT_LOADED',
      `This process already uses the ${loaded.build} build of TensorFlow, and can load only one build.`,
    );
  Object.assign(process.env, settings(threads));
  const { addon } = tensorflowInstallation(build);
  try {
    const binding = createRequire(import.meta.url)(addon) as TFJSBinding;
    loaded = { build, binding };
    return binding;
  } catch (cause) {
    const remedy = build === 'cuda' ? 'tensorflow-cuda' : 'tensorflow';
    throw new RetortError(
      'ENGINE_NOT_LOADED',
      `TensorFlow did not load from ${addon}: ${(cause as Error).message}. To set it up again: npx retort doctor --fix ${remedy} --again`,
      { cause },
    );
  }
}

/** What the loaded library says of itself. */
export function loadedTensorflow(): string {
  return loaded?.binding.TF_Version ?? 'that is not loaded';
}

function settings(threads: number): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    // The library's notes on processors and devices; warnings and errors stay.
    TF_CPP_MIN_LOG_LEVEL: '1',
    // The same bytes every time, on a GPU too.
    TF_DETERMINISTIC_OPS: '1',
    // TensorFloat-32 keeps 10 bits of a product's factors: a thousandth off, which no other engine is.
    NVIDIA_TF32_OVERRIDE: '0',
    // The whole memory of a GPU would be taken at once.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  };
}
