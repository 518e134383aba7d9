import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCode } from '@retort/code-closure';
import { type ByInput, byInput, inputEntries } from '@retort/foundation/inputs';
import type { InputSource, PipelineGraph, ResolvedStage, StageRunSettings } from '@retort/pipeline-graph';
import { type RunEvent, type RunManifest, type RunOptions, runPlan } from '@retort/pipeline-runner';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import { defineStage, type StageDefinition } from '@retort/plugin-kit';
import { ArtifactStore } from '@retort/store';

/** `make` writes its text and seed, or behaves as told; `join` writes its inputs one after the other. */
const MODULES = {
  'make.ts': `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, StageError } from '@retort/foundation/diagnostics';

const behaviours = {
  write: async (context) => {
    context.progress({ done: 1, total: 1, unit: 'files' });
    return {};
  },
  slow: async () => { await sleep(300); return {}; },
  count: async ({ config }) => {
    appendFileSync(config.marker, config.text + '\\n');
    await sleep(config.milliseconds ?? 0);
    return {};
  },
  read: async ({ config, inputs, log }) => {
    log('about to read');
    await sleep(config.milliseconds ?? 100);
    return { text: inputs.left.files.map((file) => readFileSync(file, 'utf8')).join('+') };
  },
  remember: async ({ config, inputs, checkpoints }) => {
    const found = await checkpoints.load();
    if (found !== undefined) return { text: 'from a checkpoint: ' + found.state.text };
    const text = inputs.left.files.map((file) => readFileSync(file, 'utf8')).join('+');
    await checkpoints.save(1, { state: { text } });
    if (existsSync(config.marker)) return { text };
    writeFileSync(config.marker, '');
    process.kill(process.pid, 'SIGKILL');
  },
  misread: async (context) => {
    const [file] = context.inputs.left.files;
    context.log('reading ' + file);
    context.warn(file + ' is strange');
    throw new InvalidInputError([{ code: 'DATA_NO_ROWS', message: 'No rows.', location: { file } }]);
  },
  measure: async (context) => {
    context.warn('look here');
    return { rows: { text: 7 }, metrics: { loss: 0.5, infinite: Infinity } };
  },
  fail: async () => { throw new StageError('LOSS_NOT_FINITE', 'The loss is not finite.'); },
  refuse: async () => { throw new InvalidInputError([{ code: 'DATA_NO_ROWS', message: 'No rows.' }]); },
  crash: async () => process.kill(process.pid, 'SIGKILL'),
  flaky: async ({ config }) => {
    if (existsSync(config.marker)) return {};
    writeFileSync(config.marker, '');
    process.exit(9);
  },
  wait: async (context) => {
    context.log(String(process.pid));
    for (;;) { await sleep(5); context.throwIfInterrupted(); }
  },
  ignore: async (context) => { context.log('no'); await sleep(60_000); },
  random: async () => ({ text: String(Math.random()) }),
  empty: async () => ({ text: '' }),
};

export async function run(context) {
  const result = await behaviours[context.config.behaviour ?? 'write'](context);
  const text = result.text ?? context.config.text + ' ' + context.seed;
  if (text !== '') writeFileSync(join(context.outputs.text.path, 'text.txt'), text);
  return result;
}
`,
  'join.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export async function run(context) {
  const textOf = ({ path, files }) => readFileSync(files === undefined ? join(path, 'text.txt') : files[0], 'utf8');
  const parts = Object.entries(context.inputs).map(
    ([name, input]) => name + '=' + (Array.isArray(input) ? input.map(textOf).join(',') : textOf(input)),
  );
  context.log(context.threads + ' threads');
  writeFileSync(join(context.outputs.text.path, 'text.txt'), parts.join(context.config.glue ?? '+'));
  return {};
}
`,
} as const;

export interface TinyWorkspace {
  readonly path: string;
  readonly store: ArtifactStore;
}

/** A workspace with two stage modules and the real plugin-kit, and an empty store. The caller removes it. */
export function createTinyWorkspace(): TinyWorkspace {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'retort-runner-')));
  const files = {
    'package-lock.json': '{ "lockfileVersion": 3, "packages": {} }',
    'libs/tiny/package.json': '{ "name": "@tiny/stages", "type": "module", "exports": { "./*": "./src/*.ts" } }',
    'libs/tiny/src/make.ts': MODULES['make.ts'],
    'libs/tiny/src/join.ts': MODULES['join.ts'],
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  link(join(path, 'libs/tiny'), join(path, 'node_modules/@tiny/stages'));
  for (const name of ['plugin-kit', 'foundation']) {
    link(join(repository(), 'libs', name), join(path, 'node_modules/@retort', name));
  }
  return openTinyWorkspace(path);
}

export function openTinyWorkspace(path: string): TinyWorkspace {
  return { path, store: new ArtifactStore(join(path, '.retort')) };
}

/** Also when this file runs from a bundle in the repository's cache. */
export function repository(): string {
  const here = fileURLToPath(import.meta.url);
  return here.slice(0, here.search(/[\\/](libs|node_modules)[\\/]/));
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

const TEXT = { type: 'text', description: 'Text' } as const;
const INPUT = { types: ['text'], description: 'Text', optional: true, path: { kind: 'files' } } as const;

function define(kind: 'make' | 'join'): StageDefinition {
  return defineStage()({
    kind,
    version: 1,
    description: kind,
    configSchema: { type: 'object' },
    inputs: { left: INPUT, right: INPUT, list: { ...INPUT, list: true } },
    outputs: () => ({ text: TEXT }),
    usesEngine: false,
    usesSeed: kind === 'make',
    module: `@tiny/stages/${kind}`,
  });
}

interface TinyStage {
  readonly config?: Readonly<Record<string, unknown>>;
  /** A stage, or a path with its digest. */
  readonly inputs?: ByInput<string | Extract<InputSource, { kind: 'path' }>>;
  readonly run?: Partial<StageRunSettings>;
}

export function make(id: string, stage: TinyStage = {}): ResolvedStage {
  return resolved(id, define('make'), { ...stage, config: { text: id, ...stage.config } });
}

export function combine(id: string, inputs: TinyStage['inputs'], stage: TinyStage = {}): ResolvedStage {
  return resolved(id, define('join'), { ...stage, ...(inputs !== undefined && { inputs }) });
}

function resolved(
  id: string,
  definition: StageDefinition,
  { config = {}, inputs = {}, run }: TinyStage,
): ResolvedStage {
  const sources = inputEntries(inputs).map(([name, from]): [string, InputSource] => [
    name,
    typeof from === 'string' ? { kind: 'stage', stage: from, port: 'text' } : from,
  ]);
  return {
    id,
    definition,
    config,
    seed: 1,
    run: { retries: 0, ...run },
    inputs: byInput(sources),
    outputs: { text: TEXT },
    facts: {},
  };
}

export function pipeline(...stages: ResolvedStage[]): PipelineGraph {
  return { name: 'tiny', description: 'A tiny pipeline', file: 'tiny.pipeline.json', params: {}, stages, results: [] };
}

export interface TinyRun {
  readonly manifest: RunManifest;
  readonly events: readonly RunEvent[];
  /** `id: status` of each stage, in order. */
  readonly statuses: readonly string[];
}

export async function runTiny(
  { path, store }: TinyWorkspace,
  graph: PipelineGraph,
  options: Partial<RunOptions> = {},
): Promise<TinyRun> {
  const events: RunEvent[] = [];
  const manifest = await runPlan({
    graph,
    store,
    executor: createLocalExecutor(),
    code: openCode({ installation: path }),
    engine: 'cpu',
    jobs: 2,
    cores: 4,
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { manifest, events, statuses: manifest.stages.map(({ id, status }) => `${id}: ${status}`) };
}
