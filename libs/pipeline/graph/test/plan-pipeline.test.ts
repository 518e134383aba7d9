import { UsageError } from '@retort/foundation/diagnostics';
import {
  compareKeyDocuments,
  type PipelineGraph,
  type PlanSelection,
  planPipeline,
  planStage,
} from '@retort/pipeline-graph';
import { beforeEach, describe, expect, it } from 'vitest';
import { chain, Memory, runAll, useKitchen } from './kitchen.ts';

const kitchen = useKitchen();
let memory: Memory;
beforeEach(() => {
  memory = new Memory();
});

const plan = (graph: PipelineGraph, selection?: PlanSelection) => planPipeline(graph, memory, selection);
const lines = async (graph: PipelineGraph, selection?: PlanSelection) =>
  (await plan(graph, selection)).stages.map(({ id, status, reason }) => `${id}: ${status}, ${reason}`);

describe('planPipeline', () => {
  it('says what was never run and what waits', async () => {
    kitchen.write('tiny', chain);
    expect(await lines(await kitchen.graph('tiny'))).toEqual([
      'corpus: run, never run',
      'vocabulary: unknown, waits for corpus',
      'tokenize: unknown, waits for corpus, vocabulary',
      'train: unknown, waits for tokenize',
    ]);
  });

  it('runs what depends on a changed setting and nothing else', async () => {
    kitchen.write('tiny', chain, { variants: { weak: { 'stages.train.with.weight': 0 } } });
    await runAll(await kitchen.graph('tiny'), memory);
    expect(await lines(await kitchen.graph('tiny', { variant: 'weak' }))).toEqual([
      'corpus: cached, cached',
      'vocabulary: cached, cached',
      'tokenize: cached, cached',
      'train: run, with.weight: 1 -> 0',
    ]);
    expect(
      (await lines(await kitchen.graph('tiny', { set: ['stages.corpus.seed=7', 'stages.corpus.with.rows=3'] })))[0],
    ).toBe('corpus: run, seed: 42 -> 7, with.rows: 10 -> 3');
  });

  it('says that a stage was never run, if only other pipelines did work of its kind that differs in much', async () => {
    kitchen.write('tiny', chain);
    await runAll(await kitchen.graph('tiny'), memory);
    const first = async (...set: string[]) => (await lines(await kitchen.graph('tiny', { set })))[0];
    const few = ['stages.corpus.seed=7', 'stages.corpus.with.rows=3'];
    memory.pipeline = 'tiny:variant';
    memory.keep(...(await plan(await kitchen.graph('tiny', { set: ['stages.corpus.seed=8'] }))).stages);
    memory.pipeline = 'other';
    expect(await first(...few)).toBe('corpus: run, seed: 8 -> 7, with.rows: 10 -> 3');
    memory.codeDigests.set('source/run', 'other');
    expect(await first(...few)).toBe('corpus: run, never run');
    memory.pipeline = 'tiny';
    expect(await first(...few)).toBe('corpus: run, code of the stage changed, seed: 8 -> 7, 1 more');
  });

  it('says how much memory a stage took in earlier runs of the same size, whatever its other settings', async () => {
    const variants = { weak: { 'stages.train.with.weight': 0 }, large: { 'stages.train.with.budget': 2000 } };
    kitchen.write('tiny', chain, { variants });
    const graph = await kitchen.graph('tiny');
    const peakOf = async (of: PipelineGraph) => (await plan(of)).stages.at(-1)?.estimatedPeakMemoryBytes;
    expect(await peakOf(graph)).toBeUndefined();
    const { stages } = await runAll(graph, memory);
    const key = stages.at(-1)?.key as string;
    const record = memory.byKey.get(key) as NonNullable<ReturnType<typeof memory.byKey.get>>;
    const { size } = graph.stages.at(-1) as PipelineGraph['stages'][number];
    memory.byKey.set(key, { ...record, provenance: { size, peakMemoryBytes: 7e8 } });
    memory.byKey.set('earlier', { ...record, key: 'earlier', provenance: { size, peakMemoryBytes: 9e8 } });
    expect(await peakOf(graph)).toBe(9e8);
    expect(await peakOf(await kitchen.graph('tiny', { variant: 'weak' }))).toBe(9e8);
    expect(await peakOf(await kitchen.graph('tiny', { variant: 'large' }))).toBeUndefined();
    expect(await peakOf(await kitchen.graph('tiny', {}, { engine: 'onnx' }))).toBeUndefined();
  });

  it('never runs anything for operational settings, nor for a seed or an engine that the stage does not use', async () => {
    kitchen.write('tiny', chain);
    await runAll(await kitchen.graph('tiny'), memory);
    const set = ['stages.corpus.run.threads=7', 'stages.train.run.retries=3', 'stages.tokenize.seed=5'];
    expect((await plan(await kitchen.graph('tiny', { set }))).stages.every(({ status }) => status === 'cached')).toBe(
      true,
    );
    const onnx = { ...memory, engine: 'onnx' as const };
    const changed = (await planPipeline(await kitchen.graph('tiny'), onnx)).stages.filter(
      ({ status }) => status !== 'cached',
    );
    expect(changed.map(({ id, reason }) => `${id}: ${reason}`)).toEqual(['train: engine: cpu -> onnx']);
  });

  it('names changed code, changed inputs and lost outputs', async () => {
    kitchen.write('tiny', chain);
    const graph = await kitchen.graph('tiny');
    const before = await runAll(graph, memory);
    memory.codeDigests.set('tokenize/run', 'other');
    expect(await lines(graph)).toContain('tokenize: run, code of the stage changed');
    memory.keep(...(await plan(graph)).stages);
    expect(await lines(graph)).toContain('train: run, input teacher changed');
    const key = before.stages[0]?.key as string;
    memory.records.findRecord = (asked) => Promise.resolve(asked === key ? undefined : memory.byKey.get(asked));
    expect((await lines(graph))[0]).toBe('corpus: run, its stored outputs are gone');
  });

  it('compares with the most similar record', async () => {
    kitchen.write('tiny', {
      one: { uses: 'source', with: { rows: 1 } },
      two: { uses: 'source', seed: 9, with: { rows: 2 } },
    });
    memory.keep(...(await plan(await kitchen.graph('tiny'))).stages);
    expect(await lines(await kitchen.graph('tiny', { set: ['stages.one.with.rows=5'] }))).toContain(
      'one: run, with.rows: 1 -> 5',
    );
  });

  it('forces from a stage on, or all stages of this pipeline, and tells the runner', async () => {
    kitchen.write('base', chain);
    kitchen.write('top', {
      again: { uses: 'tokenize', inputs: { text: 'base#corpus.text', tokenizer: 'base#vocabulary.tokenizer' } },
      train: { uses: 'train', inputs: { teacher: 'again.train' } },
    });
    const graph = await kitchen.graph('top');
    await runAll(graph, memory);
    expect(await lines(graph, { from: 'base#vocabulary' })).toEqual([
      'base#corpus: cached, cached',
      'base#vocabulary: run, forced',
      'again: unknown, waits for base#vocabulary',
      'train: unknown, waits for again',
    ]);
    const forced = await plan(graph, { force: true });
    expect(forced.stages.map(({ id, isForced }) => [id, isForced ?? false])).toEqual([
      ['base#corpus', false],
      ['base#vocabulary', false],
      ['again', true],
      ['train', true],
    ]);
  });

  it('plans one stage and what it needs', async () => {
    kitchen.write('tiny', chain);
    const graph = await kitchen.graph('tiny');
    expect((await plan(graph, { only: 'vocabulary' })).stages.map(({ id }) => id)).toEqual(['corpus', 'vocabulary']);
    await expect(plan(graph, { only: 'vocabulary', from: 'train' })).rejects.toMatchObject({
      code: 'PLAN_NOTHING_SELECTED',
    });
    const failure = await plan(graph, { from: 'tokenise' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toBe(
      'The pipeline has no stage "tokenise". Did you mean "tokenize"? Known: corpus, vocabulary, tokenize, train.',
    );
  });

  it('gives the runner the same answer when upstream has finished', async () => {
    kitchen.write('tiny', chain);
    const graph = await kitchen.graph('tiny');
    const done = await runAll(graph, memory);
    const known = new Map(done.stages.map(({ id, artifacts }) => [id, artifacts ?? {}]));
    for (const [index, stage] of graph.stages.entries())
      expect(await planStage(stage, known, memory)).toEqual(done.stages[index]);
    const [first] = graph.stages;
    expect(first && (await planStage(first, known, memory, { isForced: true }))).toMatchObject({
      status: 'run',
      reason: 'forced',
      isForced: true,
    });
  });
});

describe('a plan of 1,000 stages', () => {
  const wide = () => {
    const tokens = Object.fromEntries(
      Array.from({ length: 499 }, (_, i) => [`tokens-${i}`, { ...chain.tokenize, seed: i }]),
    );
    const links = Object.fromEntries(
      Array.from({ length: 499 }, (_, i) => [
        `link-${i}`,
        { uses: 'source', with: { rows: i }, inputs: { files: i === 0 ? 'corpus.text' : `link-${i - 1}.text` } },
      ]),
    );
    return { ...links, ...tokens, corpus: chain.corpus, vocabulary: chain.vocabulary };
  };

  it('asks for each key once, and for code and records once for each kind', async () => {
    kitchen.write('wide', wide());
    kitchen.write(
      'flat',
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s${i}`, { uses: 'source', seed: i }])),
    );
    const graph = await kitchen.graph('wide');
    expect(graph.stages).toHaveLength(1000);
    await plan(graph);
    expect(memory.asked).toEqual({ closureOf: 1, findRecord: 1, recentRecords: 1 });
    expect((await plan(await kitchen.graph('flat'))).stages.every(({ reason }) => reason === 'never run')).toBe(true);
    expect(memory.asked).toEqual({ closureOf: 2, findRecord: 1001, recentRecords: 2 });
    await runAll(graph, memory);
    Object.assign(memory.asked, { closureOf: 0, findRecord: 0, recentRecords: 0 });
    expect((await plan(graph)).stages.every(({ status }) => status === 'cached')).toBe(true);
    expect(memory.asked).toEqual({ closureOf: 3, findRecord: 1000, recentRecords: 0 });
  });
});

describe('compareKeyDocuments', () => {
  it('lists leaves by path, with what was there before and after', () => {
    const before = { with: { loss: { weight: 1 }, layers: [1, 2], store: {} }, seed: 1 };
    const after = { with: { loss: { weight: 0 }, layers: [1, 3, 4], store: {} }, engine: 'cpu' };
    expect(compareKeyDocuments(before, after)).toEqual([
      { path: 'engine', before: undefined, after: 'cpu' },
      { path: 'seed', before: 1, after: undefined },
      { path: 'with.layers.1', before: 2, after: 3 },
      { path: 'with.layers.2', before: undefined, after: 4 },
      { path: 'with.loss.weight', before: 1, after: 0 },
    ]);
    expect(compareKeyDocuments(before, structuredClone(before))).toEqual([]);
  });
});
