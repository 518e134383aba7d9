// @ts-check
import { layerOf } from '../layers.mjs';
import { readPackages } from '../packages.mjs';

export const name = '@retort/checks/nx-targets';

/** Where each package's tests leave their report; `npm test` counts from these. */
export const REPORTS_FOLDER = '.nx/test-reports';

/** Layers whose tests read files all over the workspace: pipelines, documents, the sources of other packages. */
const READS_EVERYTHING = ['app', 'tool'];

/**
 * For Nx: the targets `test`, `typecheck` and `lint` of every package of the workspace, and its layer as a tag.
 * The edges between packages are those that Nx finds in the imports by itself.
 */
export const createNodes = [
  'package.json',
  /**
   * @param {readonly string[]} _files
   * @param {unknown} _options
   * @param {{ workspaceRoot: string }} context
   */
  async (_files, _options, { workspaceRoot }) =>
    readPackages(workspaceRoot).map((each) => [
      `${each.folder}/package.json`,
      { projects: { [each.folder]: projectOf(each) } },
    ]),
];

/** @param {import('../packages.mjs').WorkspacePackage} workspacePackage */
function projectOf({ project, folder }) {
  const layer = layerOf(folder);
  return {
    root: folder,
    tags: layer ? [`layer:${layer}`] : [],
    targets: {
      test: {
        command: `vitest run --dir ${folder} --reporter=default --reporter=json --outputFile.json=${REPORTS_FOLDER}/${project}.json`,
        cache: true,
        inputs: READS_EVERYTHING.includes(layer ?? '')
          ? ['everything', 'environment']
          : ['sources', '^sources', 'configuration', 'environment'],
        outputs: [`{workspaceRoot}/${REPORTS_FOLDER}/${project}.json`],
        metadata: { description: `Run the tests of ${folder}` },
      },
      typecheck: {
        command: `tsc -b ${folder}`,
        cache: true,
        dependsOn: ['^typecheck'],
        inputs: ['sources', '^sources', 'configuration'],
        outputs: ['{projectRoot}/node_modules/.cache/types'],
        metadata: { description: `Check the types of ${folder}` },
      },
      lint: {
        command: `biome check ${folder} && oxlint --type-aware --deny-warnings ${folder}`,
        cache: true,
        inputs: ['sources', '^sources', 'configuration'],
        outputs: [],
        metadata: { description: `Check format, import order and lint rules of ${folder}` },
      },
    },
  };
}
