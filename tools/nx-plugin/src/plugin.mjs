// @ts-check
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { readInvocation } from './invocation.mjs';
import { listPipelineFiles, PIPELINE_SUFFIX, PIPELINES_FOLDER, PROJECT_NAME } from './pipeline-files.mjs';

export const name = '@retort/nx-plugin';

/**
 * One target of the project `pipeline` for each pipeline file; its variants are the target's configurations, and it depends on the
 * targets of the pipelines whose stages it takes.
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
function projectOf({ target, file, description, variants, references }) {
  return {
    name: PROJECT_NAME,
    root: PIPELINES_FOLDER,
    tags: ['type:pipeline'],
    targets: {
      [target]: {
        executor: '@retort/nx-plugin:run',
        inputs: ['{workspaceRoot}/nx.json'],
        cache: false, // The store of Retort is the cache, and it sees what Nx does not: data files, versions, code.
        dependsOn: references,
        options: { file },
        configurations: Object.fromEntries(variants.map((variant) => [variant, { variant }])),
        metadata: { description },
      },
    },
  };
}

/** Where the executor leaves the exit code of a single pipeline: Nx knows no codes but 0 and 1. */
const codeFile = join(tmpdir(), `retort-nx-${process.pid}`);

/**
 * Before Nx runs the tasks. Says which pipelines were asked for, since one that another only depends on runs along with that one. Has Nx
 * hand its terminal to a single pipeline, whose progress is drawn on it, instead of reading its output through a pipe; and
 * hands on its options as they were typed. Of several it refuses a configuration that none has: Nx would run the defaults.
 *
 * @param {unknown} _options
 * @param {{ argv: readonly string[], workspaceRoot: string }} context
 */
export async function preTasksExecution(_options, { argv, workspaceRoot }) {
  const invocation = readInvocation(argv);
  if (invocation === undefined) return;
  const { targets, configuration, single, rest } = invocation;
  const asked = listPipelineFiles(workspaceRoot).filter(({ target }) => targets.includes(target));
  if (asked.length === 0) return;
  /** @type {import('./executor.mjs').Request} */
  const request = { asked: asked.map(({ target }) => target) };
  if (single) {
    request.args = [...(configuration === undefined ? [] : [`--variant=${configuration}`]), ...rest];
    request.codeFile = codeFile;
    Object.assign(process.env, {
      NX_NATIVE_COMMAND_RUNNER: 'false',
      NX_TASKS_RUNNER_DYNAMIC_OUTPUT: 'false',
      NX_TUI: 'false',
    });
    // Standard output is for JSON, which the pipeline writes to the descriptor itself: what Nx says goes to standard error.
    if (rest.includes('--json')) process.stdout.write = process.stderr.write.bind(process.stderr);
  } else for (const each of asked) refuseUnknownVariant(each, configuration);
  process.env.RETORT_NX_REQUEST = JSON.stringify(request);
}

/**
 * After the tasks: Nx is about to end with 1 for every failure and 130 for every signal; a single pipeline says more by its own code.
 * In a worker of Nx (NX_ISOLATE_PLUGINS) or its daemon this is not the process whose code people see, and Nx's own stands.
 */
export async function postTasksExecution() {
  if (!existsSync(codeFile)) return;
  const code = Number(readFileSync(codeFile, 'utf8'));
  rmSync(codeFile);
  process.once('exit', () => {
    process.exitCode = code;
  });
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
