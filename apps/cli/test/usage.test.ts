import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, bin, createBench, words } from './retort.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
});

afterAll(() => bench.remove());

/** Exit code and what a person reads, as one text for a snapshot. */
async function refusal(...args: string[]) {
  const { exitCode, stdout, stderr } = await bench.retort(...args);
  expect(await readdir(bench.folder)).not.toContain('store');
  return `${exitCode}\n${stderr}${stdout}`.replaceAll(bench.folder, '<folder>');
}

test('no arguments: help with the pipelines of the workspace', async () => {
  const { exitCode, stdout } = await bench.retort();
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Usage: retort [options] [command]');
  expect(stdout).toMatch(/^Pipelines:\n {2}\S+/m);
});

test.each(['run', 'plan', 'explain', 'validate', 'show', 'doctor'])('%s --help has examples', async (command) => {
  const { exitCode, stdout } = await bench.retort(command, '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Examples:\\n  retort ${command}`, 'm'));
});

test('~/ is the home folder wherever a path is typed, for what a shell does not expand', async () => {
  const home = { HOME: bench.folder };
  const store = await bench.retortIn(home, 'show', '--store', '~/elsewhere');
  expect(store.stderr).toContain(`There is no store at ${join(bench.folder, 'elsewhere')}.`);
  expect((await bench.retortIn({ ...home, RETORT_STORE: '~/there' }, 'show')).stderr).toContain(
    join(bench.folder, 'there'),
  );
  expect((await bench.retortIn(home, 'validate', '~/words.pipeline.json')).exitCode).toBe(0);
  expect((await bench.retortIn(home, 'show', '~/run.json')).stderr).toContain('  run.json should be a run manifest');
});

test('an unknown command is refused with the nearest', async () => {
  expect(await refusal('rnu')).toMatchInlineSnapshot(`
    "2
    USAGE_UNKNOWN_COMMAND
      There is no command "rnu". Did you mean "run"?"
  `);
});

test('an unknown option is refused with the nearest', async () => {
  expect(await refusal('run', 'words.pipeline.json', '--vriant', 'short')).toMatchInlineSnapshot(`
    "2
    USAGE_UNKNOWN_OPTION
      "retort run" has no option "--vriant". Did you mean "--variant"? Known: --store, --json, --variant, --set, --engine, --only-cell, --from, --only, --force, --threads, --jobs."
  `);
});

test('missing and superfluous arguments are refused', async () => {
  expect(await refusal('run')).toMatchInlineSnapshot(`
    "2
    USAGE
      Missing required argument 'pipeline'. See: retort run --help"
  `);
  expect(await refusal('run', 'words.pipeline.json', 'extra')).toMatchInlineSnapshot(`
    "2
    USAGE
      Too many arguments for 'run'. Expected 1 argument but got 2. See: retort run --help"
  `);
});

test('an unknown engine, a bad number and a bad --set are refused', async () => {
  expect(await refusal('plan', 'words.pipeline.json', '--engine', 'onxx')).toMatchInlineSnapshot(`
    "2
    USAGE
      Option '--engine <name>' argument 'onxx' is invalid. Allowed choices are onnx, tensorflow, wasm, cpu, tensorflow-cuda, onnx-cuda, onnx-webgpu. See: retort plan --help"
  `);
  expect(await refusal('run', 'words.pipeline.json', '--jobs', '0')).toMatchInlineSnapshot(`
    "2
    USAGE
      Option '--jobs <n>' argument '0' is invalid. Expected a whole number of at least 1. See: retort run --help"
  `);
  expect(await refusal('plan', 'words.pipeline.json', '--set', 'seed')).toMatchInlineSnapshot(`
    "2
    USAGE
      Option '--set <path=value>' argument 'seed' is invalid. Expected path=value, such as params.layers=4. See: retort plan --help"
  `);
});

test('options that contradict each other are refused', async () => {
  expect(await refusal('plan', 'words.pipeline.json:short', '--variant', 'long')).toMatchInlineSnapshot(`
    "2
    USAGE_TWO_VARIANTS
      "words.pipeline.json:short" names the variant "short", but --variant is "long". Give only one of them."
  `);
  expect(await refusal('plan', 'words.pipeline.json', '--only', 'corpus', '--only', 'tokenize')).toMatchInlineSnapshot(`
    "2
    USAGE_OPTION_TWICE
      --only is given twice, as "corpus" and "tokenize". Give it only once."
  `);
});

test('an unknown pipeline, variant, stage and path are refused with the nearest', async () => {
  expect(await refusal('plan', 'wrods.pipeline.json')).toMatchInlineSnapshot(`
    "2
    PIPELINE_NOT_FOUND
      There is no pipeline file wrods.pipeline.json."
  `);
  expect(await refusal('plan', 'words.pipeline.json:shrot')).toMatchInlineSnapshot(`
    "2
    PIPELINE_UNKNOWN_VARIANT   words.pipeline.json:42:15  /variants
      No variant is named "shrot". Did you mean "short"? Known: short."
  `);
  expect(await refusal('plan', 'words.pipeline.json', '--from', 'tokenise')).toMatchInlineSnapshot(`
    "2
    PLAN_UNKNOWN_STAGE
      The pipeline has no stage "tokenise". Did you mean "tokenize"? Known: corpus, vocabulary, tokenize."
  `);
  expect(
    await refusal('plan', 'words.pipeline.json', '--set', 'stages.tokenize.with.maxSequenceLenght=8'),
  ).toMatchInlineSnapshot(`
    "2
    PIPELINE_UNKNOWN_PATH   --set stages.tokenize.with.maxSequenceLenght=8
      There is nothing at "stages.tokenize.with.maxSequenceLenght". After "stages.tokenize.with" a path cannot continue with "maxSequenceLenght". Did you mean "maxSequenceLength"? Known: maxSequenceLength, packing, pairs, maxRows."
  `);
});

test('all problems of a file are listed', async () => {
  await bench.write('wrong.pipeline.json', {
    name: 'wrong',
    stages: {
      corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 'many' }, sed: 1 } },
      tokenize: { uses: 'tokenise' },
    },
  });
  expect(await refusal('validate', 'wrong.pipeline.json', 'words.pipeline.json')).toMatchInlineSnapshot(`
    "2
    ✗ wrong.pipeline.json  3 problems

    PIPELINE_WRONG_TYPE   wrong.pipeline.json:9:24  /stages/corpus/with/source/documents
      Expected an integer, got "many" (string).

    PIPELINE_UNKNOWN_FIELD   wrong.pipeline.json:11:9  /stages/corpus/with/sed
      No setting is named "sed" here. Known: source, validationFraction.

    PIPELINE_UNKNOWN_STAGE_KIND   wrong.pipeline.json:15:15  /stages/tokenize/uses
      No kind of stage is named "tokenise". Did you mean "tokenize"? Known: augment, corpus, evaluate, export, finetune, import-model, pretrain, student-train, task-data, teacher-forward, tokenize, train-tokenizer.

    ✓ words"
  `);
});

test('what is wrong in a variant is found though nobody chose it', async () => {
  await bench.write('late.pipeline.json', {
    ...words,
    name: 'late',
    variants: { tiny: { 'stages.tokenize.with.maxSequenceLength': 1 } },
  });
  expect(await refusal('validate', 'late.pipeline.json')).toMatchInlineSnapshot(`
    "2
    ✗ late  1 problem

    PIPELINE_OUT_OF_RANGE   late.pipeline.json:44:7  /variants/tiny/stages.tokenize.with.maxSequenceLength
      Variant "tiny": Expected a number >= 8, got 1.
    "
  `);
  expect((await bench.retort('plan', 'late.pipeline.json')).exitCode).toBe(0);
});

test('a run that is not there is refused', async () => {
  expect(await refusal('show')).toMatchInlineSnapshot(`
    "2
    SHOW_NO_RUNS
      There are no runs in <folder>/store yet. Start one with: retort run <pipeline>"
  `);
  expect(await refusal('show', 'yesterday')).toMatchInlineSnapshot(`
    "2
    SHOW_UNKNOWN_RUN
      There is no run "yesterday" in <folder>/store. See: retort show --list"
  `);
  expect(await refusal('show', '../../etc')).toContain('MANIFEST_NOT_FOUND');
});

test('names with control characters are printed harmlessly', async () => {
  await bench.write('words.pipeline.json', {
    ...words,
    stages: { ...words.stages, 'a\u001b[2Jb': { uses: 'corpus\u0007' } },
  });
  const { stdout, stderr } = await bench.retort('validate', 'words.pipeline.json');
  expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  await bench.write('words.pipeline.json', words);
});

test('doctor finds the engines of this installation', async () => {
  const { exitCode, stdout } = await bench.retort('doctor', '--store', join(bench.folder, 'elsewhere'));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/✓ {2}engine onnx +onnxruntime-node 1\.\d+/);
  expect(stdout).toMatch(/✓ {2}engine cpu +tfjs-core 4\.\d+/);
});

test('doctor fails where the store cannot be', async () => {
  await bench.write('file', 'not a folder');
  const { exitCode, stdout } = await bench.retort('doctor', '--json', '--store', 'file');
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    checks: expect.arrayContaining([expect.objectContaining({ name: 'store', status: 'failed' })]),
  });
});

test('an option whose value is empty, as of an unset variable, is refused', async () => {
  expect(await refusal('run', 'words.pipeline.json', '--store', '')).toMatchInlineSnapshot(`
    "2
    USAGE_EMPTY_OPTION
      --store is empty, perhaps from an unset shell variable. Give it a value, or leave it out."
  `);
});

test.each([['verify'], ['gc'], ['show', '--list'], ['pin', '--list']])(
  '%s of a store that is not there is refused',
  async (...args) => {
    expect(await refusal(...args, '--store', './mistyped')).toBe(
      '2\nSTORE_NOT_FOUND\n  There is no store at <folder>/mistyped. Check --store.',
    );
  },
);

test('a folder that holds other things is no store', async () => {
  expect(await refusal('run', 'words.pipeline.json', '--store', '.')).toMatchInlineSnapshot(`
    "2
    STORE_NOT_A_STORE
      <folder> is not a store: it has other files, such as "file". Give an existing store, or a new or empty folder, with --store."
  `);
  expect(await refusal('show', '--store', '.')).toMatchInlineSnapshot(`
    "2
    STORE_NOT_A_STORE
      <folder> is not a store: it has other files, such as "file". Give an existing store, or a new or empty folder, with --store."
  `);
});

test.skipIf(!existsSync('/proc/self'))('a place where no folder can be made is refused at once', async () => {
  expect(await refusal('run', 'words.pipeline.json', '--store', '/proc/retort/store')).toMatchInlineSnapshot(`
    "1
    DISK_NO_FOLDER
      Could not start a run at /proc/retort. No folder can be created there. Check that its disk or network drive is mounted, or choose another with --store."
  `);
});

/** `$0` is Node, `$1` the command. */
function inBash(script: string) {
  const options = { cwd: bench.folder, env: bench.env, extendEnv: false, reject: false };
  return execa('bash', ['-c', script, process.execPath, bin], options);
}

test.skipIf(process.platform === 'win32')(
  'a limit of open files that is too low is told, whatever meets it first',
  async () => {
    for (const limit of [24, 40, 64]) {
      const script = `ulimit -n ${limit}; exec "$0" "$1" run words.pipeline.json`;
      const { exitCode, stderr } = await inBash(script);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^TOO_MANY_OPEN_FILES\b/m);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  },
);

test.skipIf(process.platform === 'win32')('a current folder that was removed is told', async () => {
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" plan general-distill';
  const { exitCode, stderr } = await inBash(script);
  expect(exitCode).toBe(1);
  expect(stderr).toMatchInlineSnapshot(`
    "CURRENT_FOLDER_GONE
      The code of this command cannot be started.
      The current folder no longer exists. Change to another one."
  `);
});

describe('outside of any workspace', () => {
  test('a name, and the default store, are refused with what makes a workspace; a file and a store suffice', async () => {
    const named = await bench.retort('plan', 'words');
    expect(named.exitCode).toBe(2);
    expect(named.stderr.replace(bench.folder, '<here>')).toMatchInlineSnapshot(`
      "NO_WORKSPACE
        <here> is not in a workspace: neither it nor any folder above has a retort.config.json or a package.json. Go to your project folder, or start one with npx retort init."
    `);
    const noStore = await bench.retortIn({ RETORT_STORE: '' }, 'plan', 'words.pipeline.json');
    expect(noStore.stderr).toContain('NO_WORKSPACE');
    expect((await bench.retort('plan', 'words.pipeline.json')).exitCode).toBe(0);
  });

  test('retort.config.json makes one, for its folder and those in it', async () => {
    await mkdir(join(bench.folder, 'inner/pipelines'), { recursive: true });
    await bench.write('inner/retort.config.json', {});
    await bench.write('inner/pipelines/words.pipeline.json', words);
    const options = { cwd: join(bench.folder, 'inner/pipelines'), env: bench.env, extendEnv: false, reject: false };
    expect((await execa(process.execPath, [bin, 'plan', 'words'], options)).exitCode).toBe(0);
  });
});
