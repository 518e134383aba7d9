// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * What the plug-in says of the `nx` command to the executors of its tasks, in the variable RETORT_NX_REQUEST.
 *
 * @typedef {object} Request
 * @property {readonly string[]} asked the pipelines that were named
 * @property {readonly string[]} [args] options of the only one, as typed
 * @property {string} [codeFile] where its exit code goes
 */

/**
 * `@retort/nx-plugin:run`: runs a pipeline file with the `retort` of the workspace. A pipeline that was not asked for, and is here since
 * another takes its stages, does nothing: `retort` plans both at once and runs only those stages.
 *
 * @param {Record<string, unknown>} options see executor.schema.json
 * @param {{ root: string, cwd: string, targetName: string }} context
 */
export default async function run({ file, ...others }, { root, cwd, targetName }) {
  /** @type {Request} */
  const { asked, args, codeFile } = JSON.parse(process.env.RETORT_NX_REQUEST ?? '{}');
  if (asked !== undefined && !asked.includes(targetName)) {
    console.error(`Stages of "${targetName}" run along with the pipeline that takes them.`);
    return { success: true };
  }
  const given = args ?? Object.entries(others).flatMap(([name, value]) => flags(name, value));
  const code = await launchRetort({ root, cwd, args: ['run', join(root, String(file)), ...given] });
  if (codeFile !== undefined) writeFileSync(codeFile, String(code));
  return { success: code === 0 };
}

/**
 * Runs `retort` and waits for it. Signals are passed on and then waited out: the command checkpoints and says how to resume. The IPC
 * channel tells it when this process is killed outright, so that it never outlives it.
 *
 * @param {{ root: string, cwd: string, args: readonly string[] }} call
 * @returns {Promise<number>} its exit code, 128 + n when a signal ended it
 */
async function launchRetort({ root, cwd, args }) {
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
 * @param {string} name
 * @param {unknown} value
 * @returns {string[]}
 */
function flags(name, value) {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === undefined || value === false) return [];
  if (value === true) return [flag];
  return [value].flat().map((each) => `${flag}=${each}`);
}
