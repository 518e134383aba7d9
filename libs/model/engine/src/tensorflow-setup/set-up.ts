import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { userCacheFolder } from '@retort/code-closure/user-cache-folder';
import { type TensorflowBuildName, tensorflowBuild } from '@retort/engine/tensorflow-builds';
import { tensorflowInstallation } from '@retort/engine/tensorflow-installation';
import { diskError, makeFolder } from '@retort/foundation/diagnostics';
import { compileAddon } from './compile-addon.ts';
import { removeLeftovers } from './leftovers.ts';
import { obtainWheels } from './obtain-wheels.ts';
import { requireTools } from './prerequisites.ts';
import type { OnProgress } from './progress.ts';
import { unpackWheel } from './unpack-wheel.ts';

export interface SetupOptions {
  readonly build: TensorflowBuildName;
  /** Files that need not be fetched, in any order; their checksums say which they are. */
  readonly wheels?: readonly string[];
  /** A simple index (PEP 503). That of pip when left out, then https://pypi.org/simple. */
  readonly index?: string;
  /** Gives up when the index has not answered by then. */
  readonly patienceSeconds?: number;
  /** Set it up even if it is there. */
  readonly again?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
}

export interface SetupResult {
  /** `present`: nothing was done. */
  readonly status: 'present' | 'installed';
  readonly folder: string;
}

/**
 * Puts the TensorFlow C library, and the addon that joins it to Node, where the engine looks for them. Appears in whole or
 * not at all; what was fetched so far is kept, so that an interrupted set-up resumes.
 *
 * @throws RetortError SETUP_IMPOSSIBLE with everything that is missing, WHEEL_CHECKSUM, WHEEL_UNKNOWN, INDEX_UNREACHABLE,
 * INDEX_LACKS_WHEEL, ADDON_DOES_NOT_COMPILE, ADDON_DOES_NOT_LOAD
 */
export async function setUpTensorflow(options: SetupOptions): Promise<SetupResult> {
  const { build, again = false, env = process.env } = options;
  const { folder, addon, isInstalled } = tensorflowInstallation(build, env);
  if (isInstalled && !again) return { status: 'present', folder };
  try {
    const hasLibrary = !again && existsSync(folder);
    const tools = await requireTools({ build: tensorflowBuild(build), folder, env, hasLibrary });
    const work = await startFolder(folder);
    try {
      const library = hasLibrary ? folder : await unpackLibrary(work, options);
      const made = join(work, addonPath(folder, addon));
      await compileAddon({ ...options, tools, library, addon: made });
      if (hasLibrary) await moveInto(dirname(made), dirname(addon));
      else await moveInto(work, folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    for (const { file } of tensorflowBuild(build).wheels) await rm(join(downloadFolder(env), file), { force: true });
    return { status: 'installed', folder };
  } catch (error) {
    throw diskError(error, 'set up TensorFlow');
  }
}

const addonPath = (folder: string, addon: string) => addon.slice(folder.length + 1);
const downloadFolder = (env: NodeJS.ProcessEnv) => join(userCacheFolder(env), 'downloads');

/** Beside the place where the result belongs, so that it can be renamed. */
async function startFolder(folder: string): Promise<string> {
  await removeLeftovers(dirname(folder), basename(folder));
  const work = `${folder}.partial-${process.pid}`;
  await makeFolder(work);
  return work;
}

async function unpackLibrary(work: string, options: SetupOptions): Promise<string> {
  const { build, env = process.env, onProgress = () => {} } = options;
  const wheels = tensorflowBuild(build).wheels;
  const files = await obtainWheels({ ...options, wheels, given: options.wheels ?? [], folder: downloadFolder(env) });
  for (const file of files) await unpackWheel({ file, folder: work, onProgress });
  return work;
}

/** Another process may have been faster; then its result is as good as ours. */
async function moveInto(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  const old = `${to}.old-${process.pid}`;
  await rename(to, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(from, to);
  await rm(old, { recursive: true, force: true });
}
