// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flags, launchRetort } from './launch.mjs';

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
  const given = args ?? flags(others);
  const code = await launchRetort({ root, cwd, args: ['run', join(root, String(file)), ...given] });
  if (codeFile !== undefined) writeFileSync(codeFile, String(code));
  return { success: code === 0 };
}
