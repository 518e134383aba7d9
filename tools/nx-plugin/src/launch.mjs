// @ts-check
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs `retort` on this terminal and waits for it. Signals are passed on and then waited out: the command checkpoints
 * and says how to resume. The IPC channel tells it when this process is killed outright, so that it never outlives it.
 *
 * @param {{ workspaceRoot: string, cwd: string, args: readonly string[] }} call
 * @returns {Promise<number>} its exit code, 128 + n when a signal ended it
 */
export async function launchRetort({ workspaceRoot, cwd, args }) {
  const bin = join(
    dirname(createRequire(join(workspaceRoot, 'x')).resolve('@retort/cli/package.json')),
    'bin/retort.mjs',
  );
  const env = { ...process.env, RETORT_COMMAND: 'nx', RETORT_WORKSPACE: workspaceRoot };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}
