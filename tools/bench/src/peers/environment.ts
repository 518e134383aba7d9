import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestJson } from '@retort/foundation/digest';
import { skip } from '@retort/lab';
import { execa } from 'execa';

/** What the peer is measured with. The wheel of torch for Linux brings CUDA along: some 5 GB on disk. */
const REQUIREMENTS = ['torch==2.15.0', 'tokenizers==0.23.3', 'numpy==2.4.6'];

export function peerEnvironment(workspace: string): string {
  return join(workspace, 'node_modules/.cache/retort', `peers-${digestJson(REQUIREMENTS).slice(0, 12)}`);
}

/** A Python that has PyTorch, in an environment of its own inside the workspace's cache; made on first use, minutes and gigabytes. Skipped where that fails. */
export async function peerPython(workspace: string): Promise<string> {
  const folder = peerEnvironment(workspace);
  const python = join(folder, 'bin/python');
  if (existsSync(join(folder, 'ready'))) return python;
  await mkdir(dirname(folder), { recursive: true });
  const base = await execa('python3', ['--version'], { reject: false });
  if (base.exitCode !== 0) skip('there is no python3 here');
  console.error(`installing ${REQUIREMENTS.join(', ')} into ${folder}`);
  await rm(folder, { recursive: true, force: true });
  try {
    await execa('python3', ['-m', 'venv', folder]);
    await execa(python, ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS], { stderr: 'inherit' });
  } catch (error) {
    skip(`PyTorch could not be installed: ${(error as { shortMessage?: string }).shortMessage ?? error}`);
  }
  // Last, so that an installation that was cut off is made again. Environments do not survive being renamed themselves.
  await mkdir(join(folder, 'ready.part'));
  await rename(join(folder, 'ready.part'), join(folder, 'ready'));
  return python;
}
