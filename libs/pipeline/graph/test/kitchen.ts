import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { digestBytes } from '@retort/foundation/digest';
import {
  buildGraph,
  type GraphOptions,
  type PipelineGraph,
  type Plan,
  type PlanContext,
  type PlannedStage,
  planStage,
} from '@retort/pipeline-graph';
import { type LoadOptions, loadPipeline } from '@retort/pipeline-schema';
import { defineStage, type StageDefinition, tokenizerProblems } from '@retort/plugin-kit';
import type { StageRecord } from '@retort/store';
import { afterEach, beforeEach } from 'vitest';

const base = { version: 1, usesEngine: false, usesSeed: false };
const closed = (properties: object) => ({ type: 'object', additionalProperties: false, properties });

/** Five kinds of stage that together have every feature of a definition. */
const definitions: StageDefinition[] = [
  defineStage<{ rows: number }>()({
    ...base,
    kind: 'source',
    description: 'Makes text.',
    configSchema: closed({ rows: { type: 'integer', default: 10 } }),
    inputs: {
      files: { types: ['text'], description: 'Files', optional: true, path: { kind: 'files' } },
      folder: { types: ['text'], description: 'A folder', optional: true, path: { kind: 'folder' } },
    },
    outputs: () => ({ text: { type: 'text', description: 'Text' } }),
    usesSeed: true,
    module: 'source/run',
    describe: ({ config }) => ({ text: { rows: config.rows } }),
  }),
  defineStage()({
    ...base,
    kind: 'vocabulary',
    description: 'Makes a tokenizer.',
    configSchema: closed({ size: { type: 'integer', default: 100 } }),
    inputs: { text: { types: ['text'], description: 'Text' } },
    outputs: () => ({ tokenizer: { type: 'tokenizer', description: 'Tokenizer' } }),
    module: 'vocabulary/run',
  }),
  defineStage<{ copies: number }>()({
    ...base,
    kind: 'tokenize',
    description: 'Makes tokens.',
    configSchema: closed({ copies: { type: 'integer', default: 1 } }),
    inputs: {
      text: { types: ['text'], description: 'Text' },
      tokenizer: { types: ['tokenizer'], description: 'Tokenizer', path: { kind: 'file' } },
    },
    outputs: ({ config }) => ({
      train: { type: 'tokens', description: 'Tokens' },
      ...(config.copies > 1 && { second: { type: 'labelledTokens', description: 'More' } }),
    }),
    module: 'tokenize/run',
    describe: ({ inputs }) => {
      const tokenizer = inputs['tokenizer']?.tokenizer;
      return { train: tokenizer === undefined ? {} : { tokenizer } };
    },
  }),
  defineStage<{ weight: number; budget: number }>()({
    ...base,
    kind: 'train',
    description: 'Trains.',
    configSchema: closed({ weight: { type: 'number', default: 1 }, budget: { type: 'integer', default: 1000 } }),
    inputs: {
      teacher: { types: ['tokens'], description: 'Left' },
      student: { types: ['tokens'], description: 'Right', optional: true },
    },
    outputs: () => ({ model: { type: 'model', description: 'Model' } }),
    usesEngine: true,
    module: 'train/run',
    check: ({ inputs }) =>
      inputs['student'] && inputs['student'].tokenizer !== inputs['teacher']?.tokenizer
        ? [{ code: 'VOCABULARY_DIFFERS', path: ['inputs', 'student'], message: 'The tokenizers differ.' }]
        : [],
    size: ({ budget }) => budget,
    estimate: ({ config }) => ({ bytes: 500, budgetBytes: config.budget }),
  }),
  defineStage()({
    ...base,
    kind: 'mix',
    description: 'Mixes.',
    configSchema: closed({}),
    inputs: {
      main: { types: ['tokens'], description: 'What the others must fit', optional: true },
      parts: { types: ['text', 'tokens'], description: 'What is mixed', list: true, path: { kind: 'file' } },
    },
    outputs: () => ({ text: { type: 'text', description: 'Text' } }),
    module: 'mix/run',
    describe: ({ inputs }) => ({ text: { rows: inputs.parts.reduce((sum, { rows = 0 }) => sum + rows, 0) } }),
    check: ({ inputs }) => tokenizerProblems(inputs, 'main'),
  }),
];

export const registry: ReadonlyMap<string, StageDefinition> = new Map(
  definitions.map((definition) => [definition.kind, definition]),
);

/** A folder of pipeline files that lives as long as one test. */
export function useKitchen() {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'graph-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, stages: object, more: object = {}) =>
    writeFileSync(join(folder, `${name}.pipeline.json`), JSON.stringify({ name, stages, ...more }, undefined, 2));
  const load = (name: string, options: Partial<LoadOptions> = {}) =>
    loadPipeline({ file: `${name}.pipeline.json`, registry, cwd: folder, ...options });
  const graph = async (name: string, options: Partial<LoadOptions> = {}, graphOptions: Partial<GraphOptions> = {}) =>
    buildGraph(await load(name, options), { engine: 'cpu', ...graphOptions });
  const problems = (name: string) =>
    graph(name).then(
      () => 'none',
      (error: unknown) => {
        if (error instanceof InvalidInputError) return error.message.replaceAll(folder, '<folder>');
        throw error;
      },
    );
  return { folder: () => folder, write, load, graph, problems };
}

/** Code and records in memory: what a store and the bundler would answer. */
export class Memory implements PlanContext {
  pipeline = 'tiny';
  readonly engine = 'cpu';
  readonly byKey = new Map<string, StageRecord>();
  readonly codeDigests = new Map<string, string>();
  readonly asked = { closureOf: 0, findRecord: 0, recentRecords: 0 };

  readonly code = {
    closureOf: (module: string) => {
      this.asked.closureOf++;
      return Promise.resolve({
        digest: this.codeDigests.get(module) ?? digestBytes(module),
        packages: { arrow: '1.0.0' },
        path: module,
      });
    },
  };

  readonly records = {
    findRecord: (key: string) => {
      this.asked.findRecord++;
      return Promise.resolve(this.byKey.get(key));
    },
    recentRecords: (uses: string) => {
      this.asked.recentRecords++;
      return Promise.resolve([...this.byKey.values()].filter((record) => record.uses === uses).reverse());
    },
  };

  /** Pretends that every stage with a known key ran; its outputs are named by its key. */
  keep(...stages: readonly PlannedStage[]): void {
    for (const { id, key, keyDocument, uses, outputs, status } of stages) {
      if (key === undefined || status !== 'run') continue;
      const artifacts = Object.keys(outputs).map((port) => [port, { digest: digestBytes(`${key} ${port}`), bytes: 1 }]);
      this.byKey.set(key, {
        key,
        keyDocument,
        uses,
        outputs: Object.fromEntries(artifacts),
        metrics: {},
        warnings: [],
        provenance: { stage: id, pipeline: this.pipeline },
      });
    }
  }
}

/** Runs every stage in order, the way the runner plans: each when those before it have finished. */
export async function runAll(graph: PipelineGraph, memory: Memory): Promise<Plan> {
  const known = new Map<string, Readonly<Record<string, string>>>();
  const stages: PlannedStage[] = [];
  for (const stage of graph.stages) {
    memory.keep(await planStage(stage, known, memory));
    const done = await planStage(stage, known, memory);
    known.set(stage.id, done.artifacts ?? {});
    stages.push(done);
  }
  return { pipeline: graph.name, stages };
}

/** Text to tokens to a model, with two tokenizations. */
export const chain = {
  corpus: { uses: 'source' },
  vocabulary: { uses: 'vocabulary', inputs: { text: 'corpus.text' } },
  tokenize: { uses: 'tokenize', inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' } },
  train: { uses: 'train', inputs: { teacher: 'tokenize.train' } },
};
