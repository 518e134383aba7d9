import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { userCacheFolder } from '@retort/code-closure/user-cache-folder';
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
  const folder = join(userCacheFolder(env), 'libtensorflow', `${version}-${name}-${checksum}`);
  const addon = join(folder, 'addon', addonName(), 'tfjs_binding.node');
  return { folder, addon, isInstalled: existsSync(addon) };
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
