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
  /** Whether the npm package is there that the addon is compiled from: an optional one. */
  readonly hasPackage: boolean;
}

export const TFJS_NODE = '@tensorflow/tfjs-node-gpu';

/** Where a build belongs on this machine, and whether it is there. Loads nothing. */
export function tensorflowInstallation(
  name: TensorflowBuildName,
  env: NodeJS.ProcessEnv = process.env,
): TensorflowInstallation {
  const { version, wheels } = tensorflowBuild(name);
  const checksum = (wheels[0] as { sha256: string }).sha256.slice(0, 12);
  const folder = join(userCacheFolder(env), 'libtensorflow', `${version}-${name}-${checksum}`);
  const tfjs = tfjsNodeVersion();
  const addon = join(folder, 'addon', addonName(tfjs), 'tfjs_binding.node');
  const hasPackage = tfjs !== undefined;
  return { folder, addon, isInstalled: hasPackage && existsSync(addon), hasPackage };
}

/** A change of any of these asks for another addon: the sources that it is compiled from, Node's interface, the system. */
function addonName(tfjs: string | undefined): string {
  const { platform, arch, versions } = process;
  return `tfjs-${tfjs}-node-${versions.modules}-${platform}-${arch}`;
}

function tfjsNodeVersion(): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${TFJS_NODE}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
