/** The layers of the workspace. A package of a layer may import the layers listed for it, and itself, nothing else of ours. */
export const ALLOWED = {
  foundation: ['foundation'],
  data: ['foundation', 'data'],
  // Tensors, and no file format.
  engine: ['foundation', 'engine'],
  // Trains with no pipeline.
  model: ['foundation', 'data', 'engine', 'model'],
  // What an author of a plug-in sees. It loads no tensor library.
  kit: ['foundation', 'engine', 'model', 'kit'],
  contract: ['foundation', 'kit', 'data', 'contract'],
  orchestration: ['foundation', 'kit', 'data', 'contract', 'orchestration'],
  stage: ['foundation', 'data', 'engine', 'model', 'kit', 'contract'],
  app: ['foundation', 'data', 'engine', 'model', 'kit', 'contract', 'orchestration', 'stage', 'app'],
  tool: ['foundation', 'data', 'engine', 'model', 'kit', 'contract', 'orchestration', 'stage', 'app', 'tool'],
} as const satisfies Record<string, readonly string[]>;

export type Layer = keyof typeof ALLOWED;

/** Layer of a folder of packages, or of a package. A stage is a plug-in of ours. */
const LIBRARIES: Readonly<Record<string, Layer>> = {
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

/** Layer of a package by its folder, with `/`, relative to the workspace. Undefined for a library that nobody has placed yet. */
export function layerOf(folder: string): Layer | undefined {
  const [top, group = '', name] = folder.split('/');
  if (top === 'apps') return 'app';
  if (top === 'tools') return 'tool';
  return LIBRARIES[`${group}/${name}`] ?? LIBRARIES[group];
}
