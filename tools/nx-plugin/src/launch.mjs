// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs `retort` and waits for it. Signals are passed on and then waited out: the command checkpoints and says how to resume. The IPC
 * channel tells it when this process is killed outright, so that it never outlives it.
 *
 * @param {{ root: string, cwd: string, args: readonly string[] }} call
 * @returns {Promise<number>} its exit code, 128 + n when a signal ended it
 */
export async function launchRetort({ root, cwd, args }) {
  const env = { ...process.env, RETORT_COMMAND: 'nx', RETORT_WORKSPACE: root };
  const child = spawn(process.execPath, [commandOf(root), ...args], { cwd, env, stdio: [0, 1, 2, 'ipc'] });
  for (const signal of SIGNALS) process.on(signal, () => void child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * @param {string} root of the workspace
 * @returns {string} path of the command `retort` that is installed there
 */
function commandOf(root) {
  const manifest = createRequire(join(root, 'package.json')).resolve('@retort/cli/package.json');
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.retort);
}

/**
 * @param {Record<string, unknown>} options by their names in camel case
 * @returns {string[]} as the command line takes them
 */
export function flags(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [value].flat().map((each) => `${flag}=${each}`);
  });
}
