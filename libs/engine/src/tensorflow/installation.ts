import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TensorflowBuildName, tensorflowBuild } from './builds.ts';

/** The TensorFlow C library, out of its wheel, with the addon that Node loads; kept outside of node_modules. */
export interface TensorflowInstallation {
  /** Absent until it is set up; complete as soon as it is there. */
  readonly folder: string;
  /** Compiled against the library beside it, for the Node that runs now. */
  readonly addon: string;
  readonly isInstalled: boolean;
}

/** Where a build belongs on this machine, and whether it is there. Loads nothing. */
export function tensorflowInstallation(
  name: TensorflowBuildName,
  env: NodeJS.ProcessEnv = process.env,
): TensorflowInstallation {
  const { version, wheels } = tensorflowBuild(name);
  const checksum = (wheels[0] as { sha256: string }).sha256.slice(0, 12);
  const folder = join(cacheFolder(env), 'libtensorflow', `${version}-${name}-${checksum}`);
  const addon = join(folder, 'addon', addonName(), 'tfjs_binding.node');
  return { folder, addon, isInstalled: existsSync(addon) };
}

/** `RETORT_CACHE`, then `retort` in the user's cache folder: what was downloaded once for all checkouts. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['RETORT_CACHE']) return resolve(env['RETORT_CACHE']);
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'retort');
}

/** A change of any of these asks for another addon: the sources that it is compiled from, Node's interface, the system. */
function addonName(): string {
  const { platform, arch, versions } = process;
  return `tfjs-${tfjsNodeVersion()}-node-${versions.modules}-${platform}-${arch}`;
}

function tfjsNodeVersion(): string {
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/package.json') as { version: string };
  return version;
}
