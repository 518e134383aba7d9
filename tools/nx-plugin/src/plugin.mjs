// @ts-check
import { isMainThread } from 'node:worker_threads';
import { closest } from 'fastest-levenshtein';
import { readInvocation } from './invocation.mjs';
import { launchRetort } from './launch.mjs';
import { listPipelineFiles, PIPELINE_SUFFIX, PIPELINES_FOLDER, PROJECT_NAME } from './pipeline-files.mjs';

export const name = '@retort/nx-plugin';

/**
 * One target of the project `pipeline` for each pipeline file; its variants are the target's configurations.
 *
 * Nx hands over no file that git ignores, which is where people keep pipelines of their own. `retort` finds those, so the folder
 * is listed here. `nx.json` is there in every workspace, also where git ignores all pipelines.
 */
export const createNodes = [
  `{nx.json,${PIPELINES_FOLDER}/*${PIPELINE_SUFFIX}}`,
  /**
   * @param {readonly string[]} _files
   * @param {unknown} _options
   * @param {{ workspaceRoot: string }} context
   */
  async (_files, _options, { workspaceRoot }) =>
    listPipelineFiles(workspaceRoot).map((pipeline) => [
      pipeline.file,
      { projects: { [PIPELINES_FOLDER]: projectOf(pipeline) } },
    ]),
];

/** @param {import('./pipeline-files.mjs').PipelineFile} pipeline */
function projectOf({ target, file, description, variants }) {
  return {
    name: PROJECT_NAME,
    root: PIPELINES_FOLDER,
    tags: ['type:pipeline'],
    targets: {
      [target]: {
        executor: '@retort/nx-plugin:run',
        cache: false, // The store of Retort is the cache, and it sees what Nx does not: data files, versions, code.
        options: { file },
        configurations: Object.fromEntries(variants.map((variant) => [variant, { variant }])),
        metadata: { description },
      },
    },
  };
}

/**
 * Runs a single pipeline here, in the process of `nx`, and ends it with the command's own exit code. An executor could
 * not: Nx gives it no terminal, prints a banner on standard output around it, and turns every failure into exit code 1.
 *
 * For anything else it refuses a configuration that no pipeline has: Nx would silently run the defaults.
 *
 * @param {unknown} _options
 * @param {{ argv: readonly string[], workspaceRoot: string }} context
 */
export async function preTasksExecution(_options, { argv, workspaceRoot }) {
  const invocation = readInvocation(argv);
  if (invocation === undefined) return;
  const asked = listPipelineFiles(workspaceRoot).filter(({ target }) => invocation.targets.includes(target));
  const [pipeline] = asked;
  if (pipeline !== undefined && invocation.single && runsInNxProcess()) {
    const variant = invocation.configuration === undefined ? [] : [`--variant=${invocation.configuration}`];
    const args = ['run', `${workspaceRoot}/${pipeline.file}`, ...variant, ...invocation.rest];
    process.exit(await launchRetort({ workspaceRoot, cwd: process.cwd(), args }));
  }
  for (const each of asked) refuseUnknownVariant(each, invocation.configuration);
}

/**
 * @param {import('./pipeline-files.mjs').PipelineFile} pipeline
 * @param {string | undefined} variant
 */
function refuseUnknownVariant({ target, variants }, variant) {
  if (variant === undefined || variants.includes(variant)) return;
  const known =
    variants.length === 0
      ? 'It has none.'
      : `Did you mean "${closest(variant, variants)}"? Known: ${variants.join(', ')}.`;
  throw new Error(`The pipeline "${target}" has no variant "${variant}". ${known}`);
}

/** False in a plugin worker of Nx (NX_ISOLATE_PLUGINS=true), which has neither the terminal nor the last word on the exit code. */
function runsInNxProcess() {
  return isMainThread && process.env.NX_ISOLATE_PLUGINS === 'false' && process.env.NX_DAEMON === 'false';
}
