import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, words } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));

let bench: Bench;
let ajv: Ajv2020;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
  ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
  ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
});

afterAll(() => bench.remove());

function expectValid(definition: string, document: unknown) {
  const validate = ajv.getSchema(`output#/$defs/${definition}`);
  if (!validate) throw new Error(`no definition ${definition}`);
  const valid = validate(document);
  expect({ document, errors: valid ? [] : validate.errors }).toEqual({ document, errors: [] });
}

test('every line of run is an event, run-finished last', async () => {
  const { stdout, exitCode } = await bench.retort('run', 'words.pipeline.json', '--json');
  expect(exitCode).toBe(0);
  const events = stdout.split('\n').map((line) => JSON.parse(line) as { event: string });
  for (const event of events) expectValid('runEvent', event);
  expect(events.at(0)?.event).toBe('run-started');
  expect(events.at(-1)?.event).toBe('run-finished');
});

test.each([
  ['plan', ['plan', 'words.pipeline.json']],
  ['explain', ['explain', 'words.pipeline.json', '--set', 'seed=7']],
  ['compare', ['compare', 'words', 'words']],
  ['compare', ['compare', '--planned', 'words.pipeline.json', 'words.pipeline.json:short', '--set', 'seed=8']],
  ['validate', ['validate', 'words.pipeline.json', 'missing.pipeline.json']],
  ['show', ['show']],
  ['runList', ['show', '--list']],
  ['doctor', ['doctor']],
  ['docs', ['docs']],
  ['docs', ['docs', 'attention']],
  ['schema', ['schema', '--out', 'pipeline.schema.json']],
  ['error', ['plan', 'words.pipeline.json:shrot']],
  ['error', ['plan', 'words.pipeline.json', '--bogus']],
  ['error', ['show', 'no-such-run']],
  ['error', ['run', 'words.pipeline.json', '--from', 'nowhere']],
])('%s documents %j', async (definition, args) => {
  const { stdout } = await bench.retort(...args, '--json');
  expectValid(definition, JSON.parse(stdout));
});

test('every line of reproduce is an event, reproduce-finished last', async () => {
  const { run } = JSON.parse((await bench.retort('show', '--json')).stdout) as { run: string };
  const { stdout, exitCode } = await bench.retort('reproduce', run, '--json');
  expect(exitCode).toBe(0);
  const events = stdout.split('\n').map((line) => JSON.parse(line) as { event: string });
  for (const event of events) expectValid('reproduceEvent', event);
  expect(events.filter(({ event }) => event === 'stage-verdict')).toHaveLength(3);
  expect(events.at(-1)?.event).toBe('reproduce-finished');
});

test('canary: the schema refuses what is not so', () => {
  const validate = ajv.getSchema('output#/$defs/plan');
  expect(validate?.({ pipeline: 'a', stages: [{ id: 'b' }] })).toBe(false);
});
