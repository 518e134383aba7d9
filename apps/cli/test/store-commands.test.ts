import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, createBench, words } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));

let bench: Bench;
let ajv: Ajv2020;
let store: string;

beforeAll(async () => {
  bench = await createBench();
  store = join(bench.folder, 'store');
  await bench.write('words.pipeline.json', words);
  ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
  ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
  expect((await bench.retort('run', 'words.pipeline.json')).exitCode).toBe(0);
});

afterAll(() => bench.remove());

/** The one JSON document that a command prints, held to its definition. */
async function document(definition: string, ...args: string[]) {
  const { stdout, exitCode } = await bench.retort(...args, '--json');
  const found = JSON.parse(stdout) as Record<string, never>;
  const validate = ajv.getSchema(`output#/$defs/${definition}`);
  expect({ found, valid: validate?.(found), errors: validate?.errors }).toEqual({ found, valid: true, errors: null });
  return { found, exitCode };
}

function someFile(folder: string, suffix: string): string {
  const names = readdirSync(join(store, folder), { recursive: true, encoding: 'utf8' });
  return join(store, folder, names.find((name) => name.endsWith(suffix)) as string);
}

describe('verify', () => {
  test('finds nothing in a whole store', async () => {
    const { stdout, exitCode } = await bench.retort('verify');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Checked 4 artifacts \(.*\), 3 records, 1 run, 0 checkpoints, 0 pins\n✓ No damage found\.$/);
    expect((await document('verify', 'verify')).found).toMatchObject({ ok: true, problems: [] });
  });

  test('reports damage, sets it aside, and the next run computes it anew', async () => {
    const file = someFile('artifacts', '.arrow');
    const bytes = readFileSync(file);
    rmSync(file);
    writeFileSync(file, bytes.with(100, (bytes[100] as number) ^ 1));
    const dry = await document('verify', 'verify', '--dry-run');
    expect(dry.exitCode).toBe(3);
    expect(dry.found).toMatchObject({ ok: false, dryRun: true, problems: [{ kind: 'artifact' }] });
    const { stdout, exitCode } = await bench.retort('verify');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/✗ artifact [0-9a-f]{64}\n {2}\S+\.arrow hashes to/);
    expect(stdout).toContain('1 problem. Damaged data was moved to ');
    expect((await bench.retort('verify')).exitCode).toBe(0);
    expect((await bench.retort('run', 'words.pipeline.json')).exitCode).toBe(0);
    expect((await bench.retort('verify')).exitCode).toBe(0);
  });

  test('a damaged manifest is told by show, not taken', async () => {
    const [run] = readdirSync(join(store, 'runs')).sort();
    const path = join(store, 'runs', run as string, 'manifest.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"status": "done"', '"status": "dome"'));
    const { stderr, exitCode } = await bench.retort('show', run as string);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringMatching(/^ARTIFACT_DAMAGED\n {2}The manifest of run/),
    });
    expect((await bench.retort('show', '--list')).stderr).toContain('1 more without a readable manifest');
    writeFileSync(path, text);
  });
});

describe('pin and gc', () => {
  test('gc removes nothing unless told to, and says what it costs', async () => {
    const { found } = await document('gc', 'gc', '--keep-runs', '0');
    expect(found).toMatchObject({ dryRun: true, keepRuns: 0 });
    const { stdout } = await bench.retort('gc', '--keep-runs', '0');
    expect(stdout).toMatch(
      /^ *result +[0-9a-f]{12} +words +corpus +\d{4}-\d\d-\d\d \d\d:\d\d +\S+ \S+ +\S+ s +not used by any run that is kept/m,
    );
    expect(stdout).toMatch(
      /Would free .*\. Recomputing takes about .*\. Nothing was deleted\. To delete it, add --yes\.$/,
    );
    expect((await bench.retort('plan', 'words.pipeline.json')).stdout).toContain('3 cached');
  });

  test('a pin keeps an output; the rest goes', async () => {
    expect((await document('pins', 'pin', '--output', 'corpus.text', '--name', 'stories')).found).toMatchObject({
      pins: [{ name: 'stories', target: { artifact: expect.any(String) } }],
    });
    const { stdout } = await bench.retort('gc', '--keep-runs', '0', '--older-than', '0s', '--yes');
    expect(stdout).toContain('Deleted ');
    const plan = JSON.parse((await bench.retort('plan', 'words.pipeline.json', '--json')).stdout) as {
      stages: { id: string; status: string }[];
    };
    expect(plan.stages.map(({ id, status }) => `${id}: ${status}`)).toEqual([
      'corpus: cached',
      'vocabulary: run',
      'tokenize: unknown',
    ]);
    expect((await bench.retort('verify')).exitCode).toBe(0);
    expect((await bench.retort('run', 'words.pipeline.json')).exitCode).toBe(0);
  });

  test('a pin of a run keeps all of it, until it is removed', async () => {
    await bench.retort('pin', '--name', 'paper');
    expect((await document('gc', 'gc', '--keep-runs', '0')).found.items).toEqual([]);
    expect((await bench.retort('pin', '--list')).stdout).toMatch(/^paper +run \S+ /m);
    expect((await bench.retort('pin', '--remove', 'paper')).exitCode).toBe(0);
    expect((await bench.retort('gc', '--keep-runs', '0')).stdout).toContain('Would free');
  });

  test.each<[string, string[]]>([
    ['PIN_UNKNOWN', ['pin', '--remove', 'storys']],
    ['PIN_UNKNOWN_OUTPUT', ['pin', '--output', 'corpus.txt']],
    ['PIN_BAD_NAME', ['pin', '--name', '../x']],
    ['PIN_MIXED', ['pin', '--list', '--name', 'x']],
    ['USAGE', ['gc', '--budget', '10']],
    ['USAGE', ['gc', '--older-than', '3 moons']],
  ])('%s ends with 2: %j', async (code, args) => {
    const { stderr, exitCode } = await bench.retort(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(new RegExp(`^${code}\\n`)) });
  });

  test('gc keeps a store within a budget', async () => {
    const { found } = await document('gc', 'gc', '--keep-runs', '0', '--budget', '1KiB', '--yes');
    expect(found).toMatchObject({ budgetBytes: 1024, dryRun: false });
    expect((await bench.retort('verify')).exitCode).toBe(0);
  });
});
