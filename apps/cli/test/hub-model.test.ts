import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { COMMIT, type HubServer, REPOSITORY, refuse, startHub } from '@retort/model-hub/testing';
import { saveTokenizer } from '@retort/tokenizer/vocabulary';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bench, createBench } from './retort.ts';

const CONFIG: BertConfig = {
  layers: 1,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 16,
  vocabularySize: 6,
  maxPositions: 16,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['no', 'yes'] },
};

/** The files of a small model, as somebody might have uploaded them. */
async function modelFiles(): Promise<Record<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'retort-uploaded-'));
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'word'];
  const normalizer = { lowercase: true, cleanText: true, handleChineseChars: true };
  await saveTokenizer({ tokens, normalizer, maxCharactersPerWord: 100 }, folder);
  const values = initialValues(parameterSpecs(CONFIG, ['classifier']), 1);
  await saveModel({ folder, config: CONFIG, heads: ['classifier'], values, tokenizerFolder: folder });
  const names = ['config.json', 'model.safetensors', 'vocab.txt', 'tokenizer.json', 'tokenizer_config.json'];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}

let bench: Bench;
let hub: HubServer;
beforeEach(async () => {
  hub = await startHub(await modelFiles());
  bench = await createBench();
  Object.assign(bench.env, { HF_ENDPOINT: hub.url, HF_HOME: join(bench.folder, 'hf') });
});
afterEach(async () => {
  await hub.close();
  await bench.remove();
});

const importing = (revision: string, more: object = {}) => ({
  name: 'bring',
  description: 'Brings a model of the hub.',
  stages: {
    teacher: {
      uses: 'import-model',
      inputs: { model: `hf:${REPOSITORY}@${revision}` },
      with: { head: 'huggingface', ...more },
    },
  },
  results: ['teacher.model'],
});

test('a model of the hub is planned from its list, downloaded once, and cached', async () => {
  await bench.write('bring.pipeline.json', importing(COMMIT));
  const plan = async () => JSON.parse((await bench.retort('plan', 'bring.pipeline.json', '--json')).stdout).stages[0];
  const before = await plan();
  expect(before).toMatchObject({ status: 'run', reason: 'never run' });
  const list = `GET /api/models/${REPOSITORY}/tree/${COMMIT}`;
  expect(hub.requests).toEqual([list]);
  expect(await plan()).toEqual(before);
  expect(hub.requests).toEqual([list]);
  const ran = await bench.retort('run', 'bring.pipeline.json');
  expect(ran.exitCode, ran.stderr).toBe(0);
  expect(hub.requests.length).toBeGreaterThan(5);
  await hub.close();
  expect(await plan()).toMatchObject({ status: 'cached', key: before.key });
  await bench.write('bring.pipeline.json', importing(COMMIT, { labelNames: { no: 'never' } }));
  expect((await bench.retort('run', 'bring.pipeline.json')).exitCode).toBe(0);
  // Now that the files are there, planning reads them.
  await bench.write('bring.pipeline.json', importing(COMMIT, { labelNames: { nein: 'never' } }));
  const wrong = await bench.retort('validate', 'bring.pipeline.json');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stdout).toContain('The model has no class "nein". Known: no, yes.');
});

test('a mirror with other weights for the commit gets another key, and none of the files of the first', async () => {
  await bench.write('bring.pipeline.json', importing(COMMIT));
  expect((await bench.retort('run', 'bring.pipeline.json')).exitCode).toBe(0);
  const shown = JSON.parse((await bench.retort('show', '--json')).stdout);
  const [digest] = Object.values(shown.stages[0].keyDocument.inputs);
  expect(shown.pipeline.stages[0].inputs.model).toMatchObject({ digest, hub: { commit: COMMIT } });
  const files = await modelFiles();
  const weights = Buffer.from(files['model.safetensors'] as Buffer);
  weights[weights.length - 2] = 7;
  const mirror = await startHub({ ...files, 'model.safetensors': weights });
  Object.assign(bench.env, { HF_ENDPOINT: mirror.url, HF_HOME: join(bench.folder, 'hf-of-mirror') });
  const again = await bench.retort('plan', 'bring.pipeline.json', '--json');
  expect(JSON.parse(again.stdout).stages[0]).toMatchObject({ status: 'run', reason: 'input model changed' });
  await bench.write('run.json', shown);
  const reproduced = await bench.retort('reproduce', './run.json');
  expect([reproduced.exitCode, reproduced.stderr]).toEqual([2, expect.stringContaining('REPRODUCE_INPUT_CHANGED')]);
  expect((await bench.retort('run', 'bring.pipeline.json')).exitCode).toBe(0);
  const other = JSON.parse((await bench.retort('show', '--json')).stdout);
  expect(other.stages[0].outputs.model.digest).not.toBe(shown.stages[0].outputs.model.digest);
  await mirror.close();
});

test('a tag has the key of its commit; a branch is refused', async () => {
  const keyOf = async (revision: string) => {
    await bench.write('bring.pipeline.json', importing(revision));
    const { stdout, stderr, exitCode } = await bench.retort('plan', 'bring.pipeline.json', '--json');
    return exitCode === 0 ? JSON.parse(stdout).stages[0].key : stderr;
  };
  expect(await keyOf('v1.0')).toBe(await keyOf(COMMIT));
  expect(await keyOf('main')).toContain(`Write its current commit instead: hf:${REPOSITORY}@${COMMIT}.`);
});

test('a hub that says no fails the stage with one message, and nothing is stored', async () => {
  await bench.write('bring.pipeline.json', importing(COMMIT));
  hub.misbehave('/model.safetensors', (response) => (refuse(response, 401, 'GatedRepo'), true));
  const { exitCode, stderr } = await bench.retort('run', 'bring.pipeline.json');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('HUB_UNAUTHORIZED');
  expect(stderr).toContain('Set HF_TOKEN');
  const shown = await bench.retort('plan', 'bring.pipeline.json', '--json');
  expect(JSON.parse(shown.stdout).stages[0].status).toBe('run');
});

test('a hub that cannot be reached leaves a plan without the key, and a run without a result', async () => {
  await bench.write('bring.pipeline.json', importing(COMMIT));
  const plan = async () => JSON.parse((await bench.retort('plan', 'bring.pipeline.json', '--json')).stdout).stages[0];
  Object.assign(bench.env, { HF_HUB_OFFLINE: '1' });
  const before = await plan();
  expect(before).toMatchObject({ status: 'run', reason: 'never run' });
  const { exitCode, stderr } = await bench.retort('run', 'bring.pipeline.json');
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('HUB_OFFLINE')]);
  Object.assign(bench.env, { HF_HUB_OFFLINE: '' });
  expect((await plan()).key).not.toBe(before.key);
});

test('an input that takes no model of the hub says so', async () => {
  const stages = {
    tokenize: { uses: 'tokenize', inputs: { tokenizer: `hf:${REPOSITORY}@${COMMIT}`, text: 'corpus.text' }, with: {} },
  };
  await bench.write('bring.pipeline.json', { name: 'bring', description: 'No.', stages, results: [] });
  const { exitCode, stdout } = await bench.retort('validate', 'bring.pipeline.json');
  expect(exitCode).toBe(2);
  expect(stdout).toContain('PIPELINE_HUB_NOT_ALLOWED');
});
