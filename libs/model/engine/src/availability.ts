import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '@retort/foundation/diagnostics';
import type { EngineName } from './engine-name.ts';
import { type TensorflowBuildName, tensorflowBuild } from './tensorflow/builds.ts';
import { TFJS_NODE, tensorflowInstallation } from './tensorflow/installation.ts';

/** Why an engine cannot be loaded here, and the one command that enables it. */
export interface EngineProblem {
  readonly message: string;
  readonly remedy: string;
}

/**
 * What can be told in a millisecond, by looking at files. That nothing is found is no promise that the engine loads: a
 * driver may be missing.
 */
export function engineProblem(name: EngineName, env: NodeJS.ProcessEnv = process.env): EngineProblem | undefined {
  if (name === 'tensorflow') return tensorflowProblem('cpu', 'npx retort doctor --fix tensorflow', env);
  if (name === 'tensorflow-cuda') return tensorflowProblem('cuda', 'npx retort doctor --fix tensorflow-cuda', env);
  if (name === 'onnx-cuda') return cudaProviderProblem();
  return undefined;
}

/** The npm packages that an engine needs and that an installation may lack. */
export function enginePackages(name: EngineName): readonly string[] {
  return name === 'tensorflow' || name === 'tensorflow-cuda' ? [TFJS_NODE] : [];
}

/**
 * @throws UsageError ENGINE_NOT_INSTALLED. An engine that was asked for is never replaced by another: it is in the key.
 */
export function requireEngine(name: EngineName, env: NodeJS.ProcessEnv = process.env): void {
  const problem = engineProblem(name, env);
  if (problem === undefined) return;
  throw new UsageError(
    'ENGINE_NOT_INSTALLED',
    `The engine "${name}" ${problem.message}. To enable it: ${problem.remedy}`,
  );
}

function tensorflowProblem(
  build: TensorflowBuildName,
  remedy: string,
  env: NodeJS.ProcessEnv,
): EngineProblem | undefined {
  const { folder, isInstalled, hasPackage } = tensorflowInstallation(build, env);
  if (isInstalled) return undefined;
  if (!hasPackage) return { message: `needs the npm package ${TFJS_NODE}, which is not installed`, remedy };
  const { version } = tensorflowBuild(build);
  const what = existsSync(folder)
    ? 'has no addon yet for this version of Node and tfjs'
    : `needs the TensorFlow ${version} library, which is missing in ${folder}`;
  return { message: what, remedy };
}

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

/** npm's package brings the providers for the processor and WebGPU; that for CUDA is fetched by the package's own script. */
function cudaProviderProblem(): EngineProblem | undefined {
  const folder = onnxruntimeFolder();
  const { platform, arch } = process;
  if (existsSync(join(folder, 'bin/napi-v6', platform, arch, CUDA_PROVIDER))) return undefined;
  const script = relative(process.cwd(), join(folder, 'script/install.js'));
  return {
    message: `needs ${CUDA_PROVIDER}, which is not part of the npm package onnxruntime-node`,
    remedy: `node ${script} --onnxruntime-node-install=cuda12`,
  };
}

/** Where the native libraries are: in the package itself, or in that of this system where Retort is an npm package. */
function onnxruntimeFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  try {
    const ofSystem = `@retort/onnxruntime-${process.platform}-${process.arch}/package.json`;
    return dirname(createRequire(manifest).resolve(ofSystem));
  } catch {
    return dirname(manifest);
  }
}
