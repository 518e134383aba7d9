import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DISK_REASONS } from '@retort/foundation/diagnostics/disk-reasons';
import { bundleEntry } from './closure.mjs';
import { CodeError } from './code-error.mjs';
import { projectOf } from './find-package.mjs';

/**
 * Bundles a command of the installation and runs its `main` in this process. Says what is wrong when its code cannot be bundled,
 * a package is not installed, or a limit of the system is too low.
 *
 * @param {{ installation: string, entryFile: string, forPlanning?: true }} options  as of `bundleEntry`
 */
export async function runEntry({ installation, ...entry }) {
  try {
    const { path } = await bundleEntry({ installation, ...entry });
    const { main } = await import(pathToFileURL(path).href);
    process.exitCode = await main(installation, process.argv.slice(2));
  } catch (error) {
    const { code, message } = startProblem(error, installation);
    console.error(`${code}\n  The code of this command cannot be started.\n  ${message}`);
    process.exitCode = 1;
  }
}

/**
 * @param {any} error
 * @param {string} installation
 * @returns {{ code: string, message: string }}
 * @throws what is none of these: a mistake of ours, with its stack
 */
function startProblem(error, installation) {
  if (error instanceof CodeError) return error;
  if (error?.syscall === 'uv_cwd')
    return { code: 'CURRENT_FOLDER_GONE', message: 'The current folder no longer exists. Change to another one.' };
  const reason = DISK_REASONS[error?.code];
  if (reason !== undefined) return { code: reason.code, message: `${error.message}. ${reason.text}` };
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const [line, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [String(error.message).split('\n')[0]];
  if (name !== undefined && existsSync(join(packageFolder(name, installation), 'package.json')))
    return { code: 'TOO_MANY_OPEN_FILES', message: `${line}, which is installed. ${DISK_REASONS.EMFILE?.text}` };
  return { code: 'CODE_PACKAGE_NOT_INSTALLED', message: `${line}. Run npm ci in ${projectOf(installation)}.` };
}

/**
 * Node finds no package either where it may open no more files. It names the package, or the file where it looked for it.
 *
 * @param {string} name
 * @param {string} installation
 */
function packageFolder(name, installation) {
  return isAbsolute(name) ? dirname(name) : join(installation, 'node_modules', name);
}
