import { join } from 'node:path';
import { bundleEntry } from '@retort/code-closure';
import { engineProblem } from '@retort/engine/availability';
import type { EngineProbe } from '@retort/engine/probe';
import { ENGINES, type EngineName } from '@retort/plugin-kit';
import { execa } from 'execa';
import { coreCount, DEFAULT_ENGINE, type Surroundings } from '../settings.ts';
import type { EngineCheck } from './check.ts';
import { ENGINE_LIMITS } from './engine-limits.ts';

/** What enables an engine that is installed and yet does not load. */
const REMEDIES: Readonly<Record<EngineName, string>> = {
  onnx: 'npm ci',
  wasm: 'npm ci',
  cpu: 'npm ci',
  tensorflow: 'npx retort doctor --fix tensorflow --again',
  'tensorflow-cuda': 'nvidia-smi   (it must list a card, with a driver for CUDA 12.5 or newer)',
  'onnx-cuda': 'nvidia-smi   (it must list a card; CUDA 12 and cuDNN 9 must be in LD_LIBRARY_PATH)',
  'onnx-webgpu': 'apt-get install libvulkan1   (and the Vulkan driver of the card)',
};
const PROBE_TIMEOUT_MS = 120_000;

/** Tries each engine as a stage would, in a process of its own: a native library that crashes takes only that one along. */
export async function engineChecks({ installation, env }: Surroundings): Promise<EngineCheck[]> {
  const entryFile = join(installation, 'apps/cli/src/doctor/probe-process.ts');
  const { path } = await bundleEntry({ installation, entryFile });
  return Promise.all(ENGINES.map((engine) => checkEngine(engine, path, env)));
}

async function checkEngine(engine: EngineName, program: string, env: NodeJS.ProcessEnv): Promise<EngineCheck> {
  const base = { name: `engine ${engine}`, engine, limits: ENGINE_LIMITS[engine] };
  const problem = engineProblem(engine, env);
  if (problem !== undefined) return { ...base, status: 'missing', detail: problem.message, remedy: problem.remedy };
  const probe = await tryEngine(engine, program);
  if ('version' in probe) {
    const { version, hardware } = probe;
    return { ...base, status: 'ok', detail: `${version}, on ${hardware}`, version, hardware };
  }
  // Without the default engine nothing can be trained by default.
  const status = engine === DEFAULT_ENGINE ? 'failed' : 'missing';
  return { ...base, status, detail: `does not load: ${probe.error}`, remedy: REMEDIES[engine] };
}

async function tryEngine(engine: EngineName, program: string): Promise<EngineProbe | { error: string }> {
  const { stdout, stderr, signal } = await execa(process.execPath, [program, engine, String(coreCount())], {
    reject: false,
    timeout: PROBE_TIMEOUT_MS,
    env: { NODE_OPTIONS: '' },
  });
  try {
    return JSON.parse(lastLine(stdout)) as EngineProbe | { error: string };
  } catch {
    return { error: signal === undefined ? errorLine(stderr) : `the process was killed by ${signal}` };
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function errorLine(text: string): string {
  return /^.*Error.*$/m.exec(text)?.[0].trim() ?? lastLine(text);
}
