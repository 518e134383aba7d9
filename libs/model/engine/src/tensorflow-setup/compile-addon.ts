import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { makeFolder, RetortError } from '@retort/foundation/diagnostics';
import { execa } from 'execa';
import type { BuildTools } from './prerequisites.ts';
import type { OnProgress } from './progress.ts';

/** Version of Node-API that the sources are written for. */
const NAPI_VERSION = 8;
/** NVIDIA's libraries, which TensorFlow opens but does not look for in its own folder. */
const OPENED_BY_NAME = ['nccl', 'nvjitlink', 'curand'];

interface Compilation {
  readonly tools: BuildTools;
  /** Folder with `tensorflow/` out of the wheel. */
  readonly library: string;
  /** File to make. */
  readonly addon: string;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Compiles the addon of @tensorflow/tfjs-node-gpu, some seconds, and sees whether it loads. It finds the library by a
 * path relative to itself, so that the folder may be renamed.
 *
 * @throws RetortError ADDON_DOES_NOT_COMPILE, ADDON_DOES_NOT_LOAD
 */
export async function compileAddon({ tools, library, addon, onProgress }: Compilation): Promise<void> {
  onProgress?.({ step: 'compile the addon' });
  await makeFolder(dirname(addon));
  const sources = join(
    dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json')),
    'binding',
  );
  const { exitCode, all } = await execa(tools.compiler, argumentsFor({ sources, tools, library, addon }), {
    reject: false,
    all: true,
  });
  if (exitCode !== 0) throw new RetortError('ADDON_DOES_NOT_COMPILE', `${tools.compiler} says:\n${lastLines(all)}`);
  await tryToLoad(addon);
}

function argumentsFor({
  sources,
  tools,
  library,
  addon,
}: Pick<Compilation, 'tools' | 'library' | 'addon'> & { sources: string }): string[] {
  const tensorflow = join(library, 'tensorflow');
  const others = OPENED_BY_NAME.map((part) => join(library, 'nvidia', part, 'lib')).filter((folder) =>
    existsSync(folder),
  );
  return [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    `-I${tools.nodeHeaders}`,
    `-I${join(tensorflow, 'include')}`,
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
    '-o',
    addon,
    `-L${tensorflow}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    '-Wl,--no-as-needed',
    ...others.flatMap(sharedLibraries),
    ...[tensorflow, ...others].map((folder) => `-Wl,-rpath,$ORIGIN/${relative(dirname(addon), folder)}`),
  ];
}

function sharedLibraries(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /\.so\.\d+$/.test(name));
  return names.map((name) => join(folder, name));
}

/** In a process of its own: a library that does not fit this machine may crash. */
async function tryToLoad(addon: string): Promise<void> {
  const script = 'process.stdout.write(require(process.argv[1]).TF_Version)';
  const { exitCode, all, signal } = await execa(process.execPath, ['--eval', script, addon], {
    reject: false,
    all: true,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: '' },
  });
  if (exitCode === 0) return;
  const reason = signal === undefined ? lastLines(all) : `the process was ended by ${signal}`;
  throw new RetortError('ADDON_DOES_NOT_LOAD', `The library was installed, but does not load:\n${reason}`);
}

function lastLines(text: string | undefined): string {
  return (text ?? '')
    .trim()
    .split('\n')
    .slice(-12)
    .map((line) => `  ${line}`)
    .join('\n');
}
