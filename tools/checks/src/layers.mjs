// @ts-check

/**
 * The layers of the workspace. A package of a layer may import the layers listed for it, and nothing else of ours.
 * This table is the only source: Nx gets its tags from it, the import check its rule, and a test compares ARCHITECTURE.md with it.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const ALLOWED = {
  foundation: ['foundation'],
  data: ['foundation', 'data'],
  // Tensors, and no file format.
  engine: ['foundation', 'engine'],
  // Trains with no pipeline.
  model: ['foundation', 'data', 'engine', 'model'],
  // What an author of a plug-in sees. It loads no tensor library.
  kit: ['foundation', 'data', 'engine', 'model', 'kit'],
  contract: ['foundation', 'kit', 'data', 'contract'],
  orchestration: ['foundation', 'kit', 'data', 'contract', 'orchestration'],
  stage: ['foundation', 'data', 'engine', 'model', 'kit', 'contract'],
  // A plug-in as somebody else would write it: it sees what an author sees.
  example: ['kit', 'example'],
  app: ['foundation', 'data', 'engine', 'model', 'kit', 'contract', 'orchestration', 'stage', 'app'],
  tool: ['foundation', 'data', 'engine', 'model', 'kit', 'contract', 'orchestration', 'stage', 'app', 'tool'],
};

/**
 * Layer of a folder of packages, or of a package. A stage is a plug-in of ours.
 *
 * @type {Readonly<Record<string, string>>}
 */
const LIBRARIES = {
  foundation: 'foundation',
  'pipeline/code-closure': 'foundation',
  'plugin-kit': 'kit',
  store: 'data',
  data: 'data',
  'model/engine': 'engine',
  model: 'model',
  'pipeline/schema': 'contract',
  pipeline: 'orchestration',
  stages: 'stage',
};

/**
 * @param {string} folder of a package, with `/`, relative to the workspace
 * @returns {string | undefined} undefined for a library that nobody has placed yet
 */
export function layerOf(folder) {
  const [top, group = '', name] = folder.split('/');
  if (top === 'apps') return 'app';
  if (top === 'tools') return 'tool';
  if (top === 'examples') return 'example';
  return LIBRARIES[`${group}/${name}`] ?? LIBRARIES[group];
}
