// @ts-check
import { launchRetort } from './launch.mjs';

/**
 * `@retort/nx-plugin:run`, for runs of several targets (`nx run-many`, `dependsOn`); a single pipeline is run before Nx
 * starts an executor, see `plugin.mjs`. Nx turns every exit code but 0 into 1 here.
 *
 * @param {Record<string, unknown>} options see executor.schema.json
 * @param {{ root: string, cwd: string }} context
 */
export default async function run(options, context) {
  const { file, ...others } = options;
  const args = [
    'run',
    `${context.root}/${file}`,
    ...Object.entries(others).flatMap(([name, value]) => flags(name, value)),
  ];
  const code = await launchRetort({ workspaceRoot: context.root, cwd: context.cwd, args });
  return { success: code === 0 };
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
