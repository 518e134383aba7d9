/** The layers of the workspace. A package of a layer may import the layers listed for it, and itself, nothing else of ours. */
export const ALLOWED = {
  foundation: ['foundation'],
  // What a stage is: types that the model libraries speak too, and no more than the foundation below it.
  kit: ['foundation', 'kit'],
  data: ['foundation', 'data'],
  model: ['foundation', 'kit', 'data', 'model'],
  contract: ['foundation', 'kit', 'data', 'contract'],
  orchestration: ['foundation', 'kit', 'data', 'contract', 'orchestration'],
  stage: ['foundation', 'kit', 'data', 'model', 'contract'],
  app: ['foundation', 'kit', 'data', 'model', 'contract', 'orchestration', 'stage', 'app', 'tool'],
  tool: ['foundation', 'kit', 'data', 'model', 'contract', 'orchestration', 'stage', 'app', 'tool'],
} as const satisfies Record<string, readonly string[]>;

export type Layer = keyof typeof ALLOWED;

const LIBRARIES: Readonly<Record<string, Layer>> = {
  diagnostics: 'foundation',
  digest: 'foundation',
  shapes: 'foundation',
  random: 'foundation',
  'code-closure': 'foundation',
  'fault-points': 'foundation',
  tokenizer: 'data',
  columnar: 'data',
  'artifact-store': 'data',
  'model-hub': 'data',
  'synthetic-text': 'data',
  'text-lines': 'data',
  glue: 'data',
  engine: 'model',
  bert: 'model',
  distillation: 'model',
  training: 'model',
  evaluation: 'model',
  'pipeline-schema': 'contract',
  'stage-kit': 'kit',
  'pipeline-graph': 'orchestration',
  'pipeline-runner': 'orchestration',
  'run-comparison': 'orchestration',
};

/** Layer of a package by its folder, with `/`, relative to the workspace. Undefined for a library that nobody has placed yet. */
export function layerOf(folder: string): Layer | undefined {
  const [top, name = '', nested] = folder.split('/');
  if (top === 'apps') return 'app';
  if (top === 'tools') return 'tool';
  if (nested === undefined) return LIBRARIES[name];
  return name === 'stages' ? 'stage' : name === 'executors' ? 'orchestration' : undefined;
}
