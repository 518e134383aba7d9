import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackage } from '@retort/code-closure';
import { enginePackages } from '@retort/engine/availability';
import { progressPrinter, setUpTensorflow } from '@retort/engine/tensorflow-setup';
import { RetortError, UsageError } from '@retort/foundation/diagnostics';
import { resolvePath } from '@retort/pipeline-schema';
import type { EngineName } from '@retort/plugin-kit';
import { execa } from 'execa';
import type { Console } from '../console.ts';
import { type DoctorOptions, requireWorkspace, type Surroundings } from '../settings.ts';

const BUILDS: Readonly<Partial<Record<EngineName, 'cpu' | 'cuda'>>> = { tensorflow: 'cpu', 'tensorflow-cuda': 'cuda' };

/** Engines that can be set up from here. The others come with `npm ci`, or need a driver. */
export const FIXABLE_ENGINES = Object.keys(BUILDS) as EngineName[];

/**
 * Sets an engine up; says how it goes on standard error.
 *
 * @throws RetortError as `setUpTensorflow`; UsageError for options that mean nothing without --fix
 */
export async function fix(options: DoctorOptions, surroundings: Surroundings, out: Console): Promise<void> {
  const { cwd, env } = surroundings;
  const { fix: engine, wheel, index, again } = options;
  if (engine === undefined) {
    const given = Object.entries({ wheel, index, again }).find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined)
      throw new UsageError('USAGE_NEEDS_FIX', `--${given} works only with --fix. Give both, or neither.`);
    return;
  }
  await installPackages(engine, surroundings, out);
  const { status, folder } = await setUpTensorflow({
    build: BUILDS[engine] as 'cpu' | 'cuda',
    env,
    onProgress: progressPrinter((line) => out.remark(line)),
    ...(wheel !== undefined && { wheels: wheel.map((file) => resolvePath(cwd, file)) }),
    ...(index !== undefined && { index }),
    ...(again !== undefined && { again }),
  });
  out.remark(`${status === 'present' ? 'Already set up' : 'Set up'}: ${folder}\n`);
}

/** @throws RetortError PACKAGE_NOT_INSTALLED where the package manager says no; UsageError NO_WORKSPACE */
async function installPackages(engine: EngineName, surroundings: Surroundings, out: Console): Promise<void> {
  const { installation } = surroundings;
  for (const name of enginePackages(engine)) {
    if (findPackage(name, installation) !== undefined) continue;
    const workspace = requireWorkspace(surroundings);
    const { peerDependencies } = JSON.parse(await readFile(join(installation, 'package.json'), 'utf8'));
    const wanted = `${name}@${peerDependencies[name]}`;
    out.remark(`Installing ${wanted} in ${workspace}`);
    const [manager, ...args] = installCommand(workspace);
    const { exitCode, all, message } = await execa(manager, [...args, wanted], {
      cwd: workspace,
      env: NO_SCRIPTS,
      reject: false,
      all: true,
    });
    if (exitCode === 0) continue;
    const says = `${manager} could not install ${wanted} in ${workspace}. It says:\n${all || message}`;
    throw new RetortError('PACKAGE_NOT_INSTALLED', says);
  }
}

/** Its install script would fetch a TensorFlow of its own. npm, pnpm and Yarn 1 read the first, later Yarns the second. */
const NO_SCRIPTS = { npm_config_ignore_scripts: 'true', YARN_ENABLE_SCRIPTS: 'false' };

/** Of the package manager whose lock file the workspace has, or npm. */
function installCommand(workspace: string): [string, ...string[]] {
  if (existsSync(join(workspace, 'pnpm-lock.yaml'))) return ['pnpm', 'add', '--save-exact'];
  if (existsSync(join(workspace, 'yarn.lock'))) return ['yarn', 'add', '--exact'];
  return ['npm', 'install', '--save-exact', '--no-audit', '--no-fund'];
}
