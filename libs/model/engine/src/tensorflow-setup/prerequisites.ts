import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TensorflowBuild } from '@retort/engine/tensorflow-builds';
import { type Diagnostic, formatBytes, formatDiagnostics, RetortError } from '@retort/foundation/diagnostics';
import { execa } from 'execa';

export interface BuildTools {
  /** Command of a C++ compiler. */
  readonly compiler: string;
  /** Folder with node_api.h. */
  readonly nodeHeaders: string;
}

interface Situation {
  readonly build: TensorflowBuild;
  /** Where the installation will be; it need not be there yet. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Only the addon is missing. */
  readonly hasLibrary: boolean;
}

/**
 * Finds what compiling needs, before anything is fetched.
 *
 * @throws RetortError SETUP_IMPOSSIBLE with everything that is missing
 */
export async function requireTools(situation: Situation): Promise<BuildTools> {
  const { env } = situation;
  const [compiler, nodeHeaders] = [await findCompiler(env), findNodeHeaders(env)];
  const problems = [
    platformProblem(situation),
    compiler === undefined ? noCompiler(env) : undefined,
    nodeHeaders === undefined ? noHeaders() : undefined,
    situation.hasLibrary ? undefined : await spaceProblem(situation),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0 || compiler === undefined || nodeHeaders === undefined)
    throw new RetortError('SETUP_IMPOSSIBLE', `TensorFlow cannot be set up here.\n${formatDiagnostics(problems)}`);
  return { compiler, nodeHeaders };
}

const here = () => `${process.platform}-${process.arch}`;

function platformProblem({ build }: Situation): Diagnostic | undefined {
  if (here() === build.platform) return undefined;
  const message = `The library exists for ${build.platform}, but this is ${here()}. Use the engine "onnx" or "wasm".`;
  return { code: 'PLATFORM_UNKNOWN', message };
}

async function findCompiler(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const command of env['CXX'] ? [env['CXX']] : ['g++', 'c++', 'clang++']) {
    const { exitCode } = await execa(command, ['--version'], { reject: false, env, extendEnv: false });
    if (exitCode === 0) return command;
  }
  return undefined;
}

function noCompiler(env: NodeJS.ProcessEnv): Diagnostic {
  const looked = env['CXX'] ? `CXX is ${env['CXX']}, which does not run` : 'neither g++ nor clang++ is in PATH';
  return {
    code: 'COMPILER_MISSING',
    message: `There is no C++ compiler: ${looked}. On Debian or Ubuntu: apt-get install g++.`,
  };
}

/** Beside the Node that runs, as its archives lay them out; then npm's package of them; then the system's. */
function findNodeHeaders(env: NodeJS.ProcessEnv): string | undefined {
  return headerFolders(env).find((folder) => existsSync(join(folder, 'node_api.h')));
}

function headerFolders(env: NodeJS.ProcessEnv): string[] {
  const given = env['RETORT_NODE_HEADERS'];
  if (given) return [given];
  return [join(dirname(process.execPath), '../include/node'), ...headersPackage(), '/usr/include/node'];
}

function headersPackage(): string[] {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
    return [join(dirname(manifest), 'include')];
  } catch {
    return [];
  }
}

function noHeaders(): Diagnostic {
  const place = join(dirname(process.execPath), '../include/node');
  return {
    code: 'NODE_HEADERS_MISSING',
    message: `Node's C headers (node_api.h) are missing in ${place}. Install them (on Debian: apt-get install libnode-dev), or unpack an archive from nodejs.org and set RETORT_NODE_HEADERS to its headers.`,
  };
}

async function spaceProblem({ build, folder }: Situation): Promise<Diagnostic | undefined> {
  const { bavail, bsize } = await statfs(existingParent(folder));
  const fetched = build.wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const [needed, free] = [fetched + build.unpackedBytes, bavail * bsize];
  if (free >= needed) return undefined;
  const message = `Setting up needs ${formatBytes(needed)}, but ${dirname(folder)} has only ${formatBytes(free)} free. Free some space, or set RETORT_CACHE to a folder on another disk.`;
  return { code: 'DISK_FULL', message };
}

function existingParent(folder: string): string {
  return existsSync(folder) ? folder : existingParent(dirname(folder));
}
