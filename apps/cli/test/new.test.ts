import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bench, bin, createBench } from './retort.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await createBench();
  const scripts = join(bench.folder, 'node_modules/.bin');
  mkdirSync(scripts, { recursive: true });
  symlinkSync(bin, join(scripts, 'retort'));
});
afterEach(() => bench.remove());

const read = (name: string) => readFileSync(join(bench.folder, name), 'utf8');

test('a new stage passes its own test at once, and its pipeline runs', async () => {
  writeFileSync(join(bench.folder, 'retort.config.json'), '{\n  "plugins": []\n}\n');
  const { exitCode, stdout } = await bench.retort('new', 'stage', 'shout');
  expect({ exitCode, stdout: stdout.replaceAll(bench.folder, '<folder>') }).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stdout": "Wrote the plug-in <folder>/plugins/shout: package.json, index.mjs, shout.pipeline.json, words.txt, shout.test.mjs.
    Added it to <folder>/retort.config.json.

    Next:
      npm test --prefix plugins/shout
      npx retort run plugins/shout/shout.pipeline.json
      npx retort docs shout
      npx retort schema",
    }
  `);
  expect(JSON.parse(read('retort.config.json'))).toEqual({ plugins: ['./plugins/shout'] });

  const tested = await execa('npm', ['test', '--prefix', 'plugins/shout'], { cwd: bench.folder, reject: false });
  expect({ exitCode: tested.exitCode, stderr: tested.stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(tested.stdout).toContain('# pass 1');

  const file = 'plugins/shout/shout.pipeline.json';
  expect(await bench.retort('validate', file)).toMatchObject({ exitCode: 0 });
  expect(await bench.retort('run', file)).toMatchObject({ exitCode: 0 });
  writeFileSync(join(bench.folder, file), read(file).replace('"mark"', '"mrak"'));
  expect((await bench.retort('validate', file)).stdout).toContain(
    'No setting is named "mrak" here. Did you mean "mark"?',
  );
});

const objects = ['loss-term', 'loss-kind', 'teacher-signal', 'optimizer', 'schedule', 'metric', 'task-format'] as const;

test.each(objects)(
  'a new %s passes its own test at once, and says by which name pipelines call it',
  async (kind) => {
    const { stdout } = await bench.retort('new', kind, 'my-own');
    expect(stdout).toContain('\nPipelines call it "myOwn".\n');
    const { all, exitCode } = await execa('npm', ['test', '--prefix', 'plugins/my-own'], {
      cwd: bench.folder,
      all: true,
      reject: false,
    });
    expect({ exitCode, all: exitCode === 0 ? '' : all }).toEqual({ exitCode: 0, all: '' });
    expect(all).toContain('# pass 1');
  },
  300_000,
);

test('the schema for editors knows the stages of plug-ins, and is that of the repository without them', async () => {
  const written = JSON.parse((await bench.retort('new', 'stage', 'shout', '--json')).stdout);
  expect(written).toMatchObject({ plugin: 'shout', folder: join(bench.folder, 'plugins/shout') });
  const shout = JSON.parse(read('plugins/shout/shout.pipeline.json'));
  const wrong = structuredClone(shout);
  wrong.stages.shout.with = { mrak: '!' };
  const { stdout } = await bench.retort('schema', '--json');
  const { file, stages } = JSON.parse(stdout) as { file: string; stages: string[] };
  expect(file).toBe(join(bench.folder, 'schemas/pipeline.schema.json'));
  expect(stages).toContain('shout');
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(file, 'utf8')));
  expect([validate(shout), validate(wrong)]).toEqual([true, false]);

  rmSync(join(bench.folder, 'retort.config.json'));
  writeFileSync(join(bench.folder, 'package.json'), '{}');
  await bench.retort('schema', '--out', 'plain.json');
  const { $comment: _, ...plain } = JSON.parse(read('plain.json'));
  const { $comment: __, ...committed } = JSON.parse(
    readFileSync(new URL('../../../schemas/pipeline.schema.json', import.meta.url), 'utf8'),
  );
  expect(plain).toEqual(committed);
});

test('a name that is none, or taken, is refused', async () => {
  const refused = async (...args: string[]) => (await bench.retort('new', 'stage', ...args)).stderr;
  expect(await refused('Shout')).toContain('NEW_BAD_NAME');
  expect(await refused('corpus')).toContain('There is a stage named "corpus" already. Choose another name.');
  mkdirSync(join(bench.folder, 'plugins/shout'), { recursive: true });
  expect(await refused('shout')).toContain('NEW_EXISTS');
  const metric = async (name: string) => (await bench.retort('new', 'metric', name)).stderr;
  expect(await metric('accuracy')).toContain('There is a metric named "accuracy" already. Choose another name.');
  expect(await metric('retort')).toContain('There is a plug-in named "retort" already. Choose another name.');
  expect((await bench.retort('new', 'metrics', 'mine')).stderr).toContain(
    'Allowed choices are stage, loss-kind, loss-term',
  );
});
