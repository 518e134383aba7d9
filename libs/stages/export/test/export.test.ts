import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LossBlock, lossBlockSchema } from '@retort/distillation/loss-block';
import {
  type BertConfig,
  type Head,
  loadModel,
  parameterSpecs,
  readSafetensorsHeader,
  saveModel,
} from '@retort/families';
import { inspectForeignModel } from '@retort/families/foreign-model';
import { digestTree } from '@retort/foundation/digest';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { withDefaults } from '@retort/pipeline-schema';
import type { OutputArtifact, Report } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { exportModel } from '@retort/stage-export';
import { run } from '@retort/stage-export/run';
import { writeTokens } from '@retort/tables/testing';
import { saveTokenizer, type Vocabulary, vocabularyDigest } from '@retort/tokenizer/vocabulary';
import type { DistillationRecord, TrainingHistory, TrainingPhase } from '@retort/training';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

const WORDS = Array.from({ length: 195 }, (_, i) => `word${i}`);
const VOCABULARY: Vocabulary = {
  tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS],
  normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
  maxCharactersPerWord: 100,
};
const CONFIG: BertConfig = {
  layers: 2,
  hiddenSize: 24,
  heads: 3,
  intermediateSize: 40,
  vocabularySize: 200,
  maxPositions: 20,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['negative', 'positive'] },
  tokenizerDigest: vocabularyDigest(VOCABULARY),
};

type Config = Parameters<typeof run>[0]['config'];
const SETTINGS: Config = {
  formats: ['huggingface', 'onnx', 'onnxInt8', 'tfjs'],
  card: { title: 'Tiny' },
  check: { rows: 12, tolerance: 1e-4, int8Tolerance: 0.2 },
  latency: { runs: 2 },
};

async function modelFolder(
  heads: readonly Head[] = ['classifier'],
  config: Partial<BertConfig> = {},
  { sameSegments = false, inputScale = 1 } = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'retort-export-'));
  const whole = { ...CONFIG, ...config };
  const values = new Map(
    parameterSpecs(whole, heads).map(({ name, shape, initial }) => {
      const random = new RandomStream(streamKey(5, name));
      const size = shape.reduce((a, b) => a * b, 1);
      const at = () => (initial === 'ones' ? 1 : 0) + 0.2 * random.truncatedNormal();
      return [name, { shape, values: Float32Array.from({ length: size }, at) }];
    }),
  );
  const scale = values.get('embeddings.norm.scale')!.values;
  for (const i of scale.keys()) scale[i]! *= inputScale;
  if (sameSegments) {
    const table = values.get('embeddings.segment')!.values;
    table.copyWithin(whole.hiddenSize, 0, whole.hiddenSize);
  }
  await saveTokenizer(VOCABULARY, folder);
  await saveModel({ folder, config: whole, heads, values, tokenizerFolder: folder });
  return folder;
}

async function labelledTokens(labels: readonly string[], { hasPairs = false } = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'retort-export-tokens-'));
  const random = new RandomStream(11);
  const rows = Array.from({ length: 40 }, (_, row) => [
    2,
    ...Array.from({ length: 2 + (row % 9) }, () => 5 + random.below(190)),
    3,
  ]);
  await writeTokens(folder, {
    tokenizerDigest: CONFIG.tokenizerDigest as string,
    vocabularySize: 200,
    maxSequenceLength: 12,
    task: { kind: 'classes', labels },
    rows,
    hasPairs,
    labels: Int32Array.from(rows, (_, row) => row % 2),
  });
  return folder;
}

async function exported(folder: string, settings: Partial<Config> = {}, tokens?: string) {
  const config = { ...SETTINGS, ...settings };
  const outputs = exportModel.outputs({ config, connected: [] });
  const context = await createTestContext({
    config,
    inputs: {
      model: { type: 'model', path: folder, label: 'student.model' },
      ...(tokens ? { tokens: { type: 'labelledTokens' as const, path: tokens } } : {}),
    },
    outputs: Object.fromEntries(Object.entries(outputs).map(([port, { type }]) => [port, type])),
  });
  const done = await run(context).catch((error: Error) => error);
  const report = (port: string) =>
    JSON.parse(readFileSync(join(context.outputs[port]!.path, 'report.json'), 'utf8')) as Report;
  return { context, done, report, path: (port: string) => context.outputs[port]!.path };
}

/** A loss block as a pipeline file resolves it, with these weights. */
function block(weights: Partial<Record<'attention' | 'hidden' | 'logits', number>>): LossBlock {
  const terms = Object.fromEntries(Object.entries(weights).map(([term, weight]) => [term, { weight }]));
  return withDefaults(lossBlockSchema() as never, terms) as LossBlock;
}

function phase(distillation: DistillationRecord): TrainingPhase {
  const optimizer = { kind: 'adamw', learningRate: 0.001, schedule: { kind: 'linear', warmupProportion: 0.1 } };
  return {
    stage: 'student-train',
    seed: 7,
    settings: { epochs: 3, batchSize: 16, gradientAccumulation: 2, optimizer: optimizer as never },
    tokens: {
      digest: 'd'.repeat(64),
      rows: 400,
      maxSequenceLength: 12,
      longestRow: 11,
      words: 180,
      hasPairs: false,
    },
    distillation,
  };
}

function withHistory(folder: string, history: TrainingHistory): void {
  writeFileSync(join(folder, 'training.json'), JSON.stringify(history));
}

const FEEDS = {
  input_ids: [2, 17, 99, 3, 45, 3],
  attention_mask: [1, 1, 1, 1, 1, 0],
  token_type_ids: [0, 0, 0, 0, 1, 1],
};

describe('an export', () => {
  it('writes every format, each within its tolerance of the source', async () => {
    const { done, report } = await exported(await modelFolder());
    expect(done).toMatchObject({ metrics: { 'huggingface.difference': 0 } });
    const [table] = report('report').tables;
    expect(table?.rows.map(({ format }) => format)).toEqual([
      'HuggingFace folder',
      'ONNX',
      'ONNX, int8 weights',
      'TensorFlow.js',
    ]);
    const differences = table!.rows.map(({ difference }) => difference as number);
    expect(differences[1]).toBeLessThan(1e-5);
    expect(differences[2]).toBeLessThan(0.1);
    expect(differences[2]).toBeGreaterThan(1e-4);
    expect(differences[3]).toBeLessThan(1e-5);
    // Another implementation: not one bit apart would mean that nothing was compared.
    expect(differences[3]).toBeGreaterThan(0);
    const speed = report('speed').tables[0]!;
    expect(speed.rows.map(({ format, batchSize }) => `${format} ${batchSize}`)).toEqual([
      'ONNX 1',
      'ONNX 32',
      'ONNX, int8 weights 1',
      'ONNX, int8 weights 32',
    ]);
  });

  it('gives the same bytes every time, but for the speed', async () => {
    const folder = await modelFolder();
    const digests = async () => {
      const { context } = await exported(folder);
      const ports = Object.entries<OutputArtifact>(context.outputs).filter(([port]) => port !== 'speed');
      return Promise.all(ports.map(async ([port, { path }]) => [port, (await digestTree(path)).digest]));
    };
    expect(await digests()).toEqual(await digests());
  });

  it('can be run by someone who has nothing but the files', async () => {
    const { path } = await exported(await modelFolder());
    const session = await ort.InferenceSession.create(join(path('onnx'), 'model.onnx'));
    expect(session.inputNames).toEqual(['input_ids', 'attention_mask', 'token_type_ids']);
    const { logits } = await session.run(
      Object.fromEntries(
        Object.entries(FEEDS).map(([name, ids]) => [
          name,
          new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, 6]),
        ]),
      ),
    );
    await tf.setBackend('cpu');
    const files = readdirSync(path('tfjs'));
    const json = JSON.parse(readFileSync(join(path('tfjs'), 'model.json'), 'utf8'));
    const shards = json.weightsManifest[0].paths.map((name: string) => readFileSync(join(path('tfjs'), name)));
    const model = await loadGraphModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology,
        format: json.format,
        signature: json.signature,
        weightSpecs: json.weightsManifest[0].weights,
        weightData: new Uint8Array(Buffer.concat(shards)).buffer,
      }),
    );
    const inputs = Object.entries(FEEDS).map(([name, ids]) => [name, tf.tensor2d([ids], [1, 6], 'int32')]);
    const result = model.predict(Object.fromEntries(inputs)) as tf.Tensor;
    expect(result.shape).toEqual([1, 2]);
    const got = await result.data();
    expect(Math.abs(got[0]! - (logits!.data[0] as number))).toBeLessThan(1e-5);
    expect(Math.abs(got[1]! - (logits!.data[1] as number))).toBeLessThan(1e-5);
    for (const name of [
      'vocab.txt',
      'tokenizer.json',
      'tokenizer_config.json',
      'special_tokens_map.json',
      'config.json',
    ])
      expect(files).toContain(name);
  });

  it('of a model without a head gives its last hidden states', async () => {
    const { task: _, ...bare } = CONFIG;
    const folder = await modelFolder([], bare);
    const { done, path, report } = await exported(folder, { latency: { runs: 0 } });
    expect(done).not.toBeInstanceOf(Error);
    const session = await ort.InferenceSession.create(join(path('onnx'), 'model.onnx'));
    expect(session.outputNames).toEqual(['last_hidden_state']);
    expect(report('speed').tables).toEqual([]);
    expect(readFileSync(join(path('huggingface'), 'README.md'), 'utf8')).toContain('pipeline_tag: feature-extraction');
  });

  it('scores the formats on labelled rows', async () => {
    const { report } = await exported(await modelFolder(), {}, await labelledTokens(['negative', 'positive']));
    const [, scores] = report('report').tables;
    expect(scores?.title).toBe('Scores on 40 rows');
    const values = scores!.rows.map(({ score }) => score as number);
    expect(values[1]).toBe(values[0]);
    expect(Math.abs(values[2]! - values[0]!)).toBeLessThanOrEqual(0.1);
  });

  it('scores nothing when the rows have other classes, and says so', async () => {
    const { report, context } = await exported(
      await modelFolder(),
      { formats: ['onnx'] },
      await labelledTokens(['positive', 'negative']),
    );
    expect(report('report').tables).toHaveLength(1);
    expect(context.warnings.join()).toMatchInlineSnapshot(
      `"The tokens are labelled with one of "positive", "negative", but the model answers with one of "negative", "positive", so the formats are not scored."`,
    );
  });

  it('has a folder that comes back as the same model, with a card', async () => {
    const folder = await modelFolder();
    withHistory(folder, {
      learnedPositions: 20,
      reachedPositions: 20,
      start: { layersOf: 'e'.repeat(64) },
      phases: [
        phase({ mapping: [0, 2, 4], teacherDigest: 'a'.repeat(64), block: block({ attention: 1, hidden: 1 }) }),
        phase({
          mapping: [0],
          teacherDigest: 'a'.repeat(64),
          furtherTeachers: ['b'.repeat(64)],
          teacherPrecision: 'int8',
          int8Error: { rows: 10, logits: 0.0123 },
          block: block({ logits: 1 }),
        }),
      ],
    });
    const { path } = await exported(folder, {
      formats: ['huggingface'],
      card: { title: 'Tiny', description: 'For tests.', license: 'apache-2.0', language: 'en' },
    });
    const [before, after] = [await loadModel(folder), await loadModel(path('huggingface'))];
    expect(after).toEqual(before);
    const card = readFileSync(join(path('huggingface'), 'README.md'), 'utf8');
    expect(card.replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')).toMatchSnapshot();
  });
});

describe('an export of a model that has learned fewer positions than it has', () => {
  async function modelOf(learnedPositions: number): Promise<string> {
    const folder = await modelFolder();
    const phases = [phase({ mapping: [0], block: block({ logits: 1 }) })];
    withHistory(folder, { learnedPositions, reachedPositions: learnedPositions - 1, start: {}, phases });
    return folder;
  }

  it('has no others, in any format, and says how many', async () => {
    const { done, path } = await exported(await modelOf(12), {}, await labelledTokens(['negative', 'positive']));
    expect(done).not.toBeInstanceOf(Error);
    for (const format of ['huggingface', 'onnx', 'onnxInt8', 'tfjs']) {
      const json = (name: string) => JSON.parse(readFileSync(join(path(format), name), 'utf8'));
      expect(json('config.json').max_position_embeddings, format).toBe(12);
      expect(json('tokenizer_config.json').model_max_length, format).toBe(12);
    }
    const { config, values } = await loadModel(path('huggingface'));
    expect(config.maxPositions).toBe(12);
    const rowsOf = (name: string) => {
      const { shape, values: numbers } = values.get(name) as NonNullable<ReturnType<typeof values.get>>;
      return Array.from({ length: shape[0] as number }, (_, row) => numbers.subarray(row * 24, (row + 1) * 24));
    };
    const positions = rowsOf('embeddings.position');
    // Rows had 11 tokens, so the last position that they might have had was reached by none.
    expect(positions.map((row) => row.some((value) => value !== 0))).toEqual([...Array(11).fill(true), false]);
    const [first, second] = rowsOf('embeddings.segment');
    expect(second).toEqual(first);
    const card = readFileSync(join(path('huggingface'), 'README.md'), 'utf8');
    expect(card).toContain('12 positions');
    expect(card).toContain('up to 11 tokens, single texts: a second text is read like a first one');
    const session = await ort.InferenceSession.create(join(path('onnx'), 'model.onnx'));
    const logits = (length: number) => {
      const ids = new ort.Tensor('int64', new BigInt64Array(length).fill(7n), [1, length]);
      const zeros = new ort.Tensor('int64', new BigInt64Array(length), [1, length]);
      const ones = new ort.Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]);
      return session.run({ input_ids: ids, attention_mask: ones, token_type_ids: zeros });
    };
    await expect(logits(12)).resolves.toBeDefined();
    await expect(logits(13)).rejects.toThrow();
  });

  it('is refused on rows that are longer, while planning and while running', async () => {
    const tokens = await labelledTokens(['negative', 'positive']);
    const { done } = await exported(await modelOf(8), {}, tokens);
    expect(done).toMatchObject({ code: 'EXPORT_UNLEARNED_POSITIONS' });
    expect((done as Error).message).toMatchInlineSnapshot(
      `"The rows of "tokens" have up to 12 tokens, but "model" was trained on rows of up to 8, and only those positions are exported. Lower "maxSequenceLength" of the tokenize stage to 8, or train on longer rows."`,
    );
    const inputs = { model: { learnedPositions: 8 }, tokens: { maxSequenceLength: 12 } };
    const problems = exportModel.check?.({ config: SETTINGS, inputs, engine: 'cpu' }) ?? [];
    expect(problems).toEqual([
      { code: 'EXPORT_UNLEARNED_POSITIONS', path: ['inputs', 'tokens'], message: (done as Error).message },
    ]);
  });
});

describe("an export of a model with DistilBERT's head", () => {
  it('has a folder in the layout of DistilBERT, for single texts', async () => {
    const folder = await modelFolder(['classifier'], { headKind: 'distilbert' });
    const { done, path } = await exported(folder, {}, await labelledTokens(['negative', 'positive']));
    expect((done as { metrics: Record<string, number> }).metrics['huggingface.difference']).toBeLessThan(1e-5);
    const json = (name: string) => JSON.parse(readFileSync(join(path('huggingface'), name), 'utf8'));
    expect(json('config.json')).toMatchObject({
      architectures: ['DistilBertForSequenceClassification'],
      model_type: 'distilbert',
      dim: 24,
      n_layers: 2,
    });
    expect(json('tokenizer_config.json').model_input_names).toEqual(['input_ids', 'attention_mask']);
    const header = await readSafetensorsHeader(join(path('huggingface'), 'model.safetensors'));
    expect(header.filter(({ name }) => !name.startsWith('distilbert.')).map(({ name }) => name)).toEqual([
      'classifier.bias',
      'classifier.weight',
      'pre_classifier.bias',
      'pre_classifier.weight',
    ]);
    const card = readFileSync(join(path('huggingface'), 'README.md'), 'utf8');
    expect(card).toContain('For single texts alone');
    const after = await loadModel(path('huggingface'));
    expect(after.config).toEqual((await loadModel(folder)).config);
    expect(after.values.get('embeddings.segment')?.values.every((value) => value === 0)).toBe(true);
  });

  it('is the same model for pairs too where segments make no difference, and comes back by import as well', async () => {
    const folder = await modelFolder(['classifier'], { headKind: 'distilbert' }, { sameSegments: true });
    const { path, done } = await exported(folder);
    expect((done as { metrics: Record<string, number> }).metrics['huggingface.difference']).toBeLessThan(1e-5);
    expect(readFileSync(join(path('huggingface'), 'README.md'), 'utf8')).not.toContain('For single texts alone');
    const foreign = await inspectForeignModel(path('huggingface'), { head: 'huggingface', ignoredTensors: [] });
    expect(foreign).toMatchObject({
      family: { name: 'distilbert' },
      leftOut: [],
      config: { headKind: 'distilbert', hiddenSize: 24 },
    });
  });
});

describe('an export is refused', () => {
  it('when a format is further from the source than tolerated', async () => {
    const { done } = await exported(await modelFolder(), {
      check: { rows: 8, tolerance: 1e-5, int8Tolerance: 1e-6 },
      formats: ['onnx', 'onnxInt8'],
    });
    expect(done).toMatchObject({ code: 'EXPORT_DIFFERS' });
    expect((done as Error).message.replace(/by [\d.e-]+/g, 'by …')).toMatchInlineSnapshot(
      `"ONNX, int8 weights differs from the source by … of the spread of the outputs, expected at most 0.000001. If its score is good enough, raise "check.int8Tolerance" (0.000001). Otherwise leave "onnxInt8" out of the formats."`,
    );
  });

  it('when int8 leaves nothing of what tells rows apart, however close it is to what all rows have in common', async () => {
    const folder = await modelFolder(['classifier'], { task: { kind: 'regression' } }, { inputScale: 0.01 });
    const { done, report } = await exported(folder, { formats: ['huggingface', 'onnx', 'onnxInt8', 'tfjs'] });
    expect(done).toMatchObject({ code: 'EXPORT_DIFFERS' });
    expect((done as Error).message).toMatch(/^ONNX, int8 weights differs from the source by [\d.]+ of the spread/);
    const differences = report('report').tables[0]!.rows.map(({ difference }) => difference as number);
    expect(differences[2]).toBeGreaterThan(0.2);
  });

  it("for transformers, with the head of TinyBERT's published code", async () => {
    const headKind = 'reference';
    const folder = await modelFolder(['classifier'], { headKind });
    expect((await exported(folder)).done).toMatchObject({ code: 'EXPORT_HEAD' });
    const { done } = await exported(folder, { formats: ['onnx', 'tfjs'] });
    expect(done).not.toBeInstanceOf(Error);
    const view = { config: SETTINGS, inputs: { model: { headKind } }, engine: 'cpu' as const };
    expect(exportModel.check?.(view).map(({ code }) => code)).toEqual(['EXPORT_HEAD']);
    expect(exportModel.check?.({ ...view, config: { ...SETTINGS, formats: ['onnx'] } })).toEqual([]);
  });

  it("for transformers, with DistilBERT's head and segments that differ, unless all rows are single texts", async () => {
    const folder = await modelFolder(['classifier'], { headKind: 'distilbert' });
    const { done } = await exported(folder);
    expect(done).toMatchObject({ code: 'EXPORT_LAYOUT' });
    expect((done as Error).message).toMatchInlineSnapshot(
      `"student.model: DistilBERT has no segment embeddings, but the model's differ between a first and a second text, so the folder would be right for single texts only. Connect the task's "tokens" to show that it has no pairs. Leave "huggingface" out of the formats, because only ONNX and TensorFlow.js can contain this model. Or train the student with "headKind": "huggingface"."`,
    );
    const pairs = await labelledTokens(['negative', 'positive'], { hasPairs: true });
    expect((await exported(folder, {}, pairs)).done).toMatchObject({ code: 'EXPORT_LAYOUT' });
    expect((await exported(folder, { formats: ['onnx', 'tfjs'] }, pairs)).done).not.toBeInstanceOf(Error);
  });

  it("for transformers, with DistilBERT's head and layer norms of another kind", async () => {
    const folder = await modelFolder(['classifier'], { headKind: 'distilbert', layerNormEpsilon: 1e-5 });
    const { done } = await exported(folder, {}, await labelledTokens(['negative', 'positive']));
    expect(done).toMatchObject({ code: 'EXPORT_LAYOUT' });
    expect((done as Error).message).toContain("its layer norms add 0.00001, but DistilBERT's always add 1e-12");
  });

  it('with the tokenizer of another model', async () => {
    const folder = await modelFolder();
    await saveTokenizer({ ...VOCABULARY, normalizer: { ...VOCABULARY.normalizer, lowercase: false } }, folder);
    expect((await exported(folder)).done).toMatchObject({ code: 'EXPORT_TOKENIZER' });
  });
});

/** Importing torch and transformers takes minutes on a busy machine with a cold disk. */
const PYTHON_MILLISECONDS = 600_000;
const INTERPRETER = process.env['RETORT_PYTHON'] ?? 'python3';
const present = spawnSync(INTERPRETER, ['-c', 'import torch, transformers']).status === 0;
const SCRIPT = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
folder, feeds = sys.argv[1], json.loads(sys.argv[2])
model, loading = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
tokenizer = AutoTokenizer.from_pretrained(folder)
model.eval()
with torch.no_grad():
    logits = model(**{k: torch.tensor([feeds[k]]) for k in tokenizer.model_input_names}).logits[0].tolist()
print(json.dumps({"logits": logits, "missing": list(loading["missing_keys"]), "unexpected": list(loading["unexpected_keys"]),
    "ids": tokenizer("Word12 word3")["input_ids"], "inputs": tokenizer.model_input_names, "labels": model.config.id2label}))
`;

describe.skipIf(!present)(
  `HuggingFace transformers${present ? '' : ' (skipped: no Python with torch and transformers; RETORT_PYTHON names one)'}`,
  () => {
    it.each(['huggingface', 'distilbert'] as const)(
      'loads the folder, model and tokenizer, and computes the same: a head of the kind %s',
      async (headKind) => {
        const folder = await modelFolder(['classifier'], { headKind });
        const { path } = await exported(folder, {}, await labelledTokens(['negative', 'positive']));
        const feeds = headKind === 'huggingface' ? FEEDS : { ...FEEDS, token_type_ids: [0, 0, 0, 0, 0, 0] };
        const { status, stdout, stderr } = spawnSync(
          INTERPRETER,
          ['-c', SCRIPT, path('huggingface'), JSON.stringify(feeds)],
          { encoding: 'utf8' },
        );
        expect(status, stderr).toBe(0);
        const theirs = JSON.parse(stdout);
        expect(theirs).toMatchObject({ missing: [], unexpected: [], labels: { 0: 'negative', 1: 'positive' } });
        expect(theirs.ids).toEqual([2, 17, 8, 3]);
        expect(theirs.inputs).toEqual(
          headKind === 'huggingface'
            ? ['input_ids', 'token_type_ids', 'attention_mask']
            : ['input_ids', 'attention_mask'],
        );
        const session = await ort.InferenceSession.create(join(path('onnx'), 'model.onnx'));
        const { logits } = await session.run(
          Object.fromEntries(
            Object.entries(feeds).map(([name, ids]) => [
              name,
              new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, 6]),
            ]),
          ),
        );
        for (const [i, value] of theirs.logits.entries()) expect(value).toBeCloseTo(logits!.data[i] as number, 5);
      },
      PYTHON_MILLISECONDS,
    );
  },
);
