import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { tensorflowInstallation } from '@retort/engine/tensorflow-installation';
import { ENGINES } from '@retort/plugin-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, bin, createBench, words } from './retort.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
});

afterAll(() => bench.remove());

/** With no TensorFlow anywhere. */
async function withoutTensorflow(...args: string[]) {
  const env = { ...bench.env, RETORT_CACHE: join(bench.folder, 'cache') };
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], {
    cwd: bench.folder,
    env,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr: stderr.replaceAll(bench.folder, '<folder>') };
}

test.each(['plan', 'run', 'explain'])(
  '%s refuses an engine that is not installed, and says what to type',
  async (command) => {
    const { exitCode, stderr } = await withoutTensorflow(command, 'words.pipeline.json', '--engine', 'tensorflow');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^ENGINE_NOT_INSTALLED\n {2}The engine "tensorflow" needs the TensorFlow 2\.18\.1 library, which is missing in <folder>\/cache\/libtensorflow\/2\.18\.1-cpu-[0-9a-f]{12}\. To enable it: npx retort doctor --fix tensorflow$/,
    );
  },
);

test('doctor tries every engine, and says what each cannot do', async () => {
  const { exitCode, stdout } = await withoutTensorflow('doctor', '--json');
  expect(exitCode).toBe(0);
  const { checks } = JSON.parse(stdout) as { checks: { engine?: string; status: string; limits?: string[] }[] };
  const engines = checks.filter(({ engine }) => engine !== undefined);
  expect(engines.map(({ engine }) => engine)).toEqual(ENGINES);
  for (const { limits } of engines) expect(limits).not.toEqual([]);
  const status = Object.fromEntries(engines.map(({ engine, status }) => [engine, status]));
  expect(status).toMatchObject({ onnx: 'ok', wasm: 'ok', cpu: 'ok', tensorflow: 'missing', 'onnx-cuda': 'missing' });
  expect(engines.find(({ engine }) => engine === 'tensorflow')).toMatchObject({
    remedy: 'npx retort doctor --fix tensorflow',
  });
  expect(engines.find(({ engine }) => engine === 'wasm')).toMatchObject({
    version: expect.stringMatching(/^tfjs-backend-wasm 4\./),
    hardware: 'the processor, 1 thread',
  });
});

test.skipIf(!tensorflowInstallation('cpu').isInstalled)(
  'doctor --fix does nothing where the engine is set up (needs tensorflow)',
  async () => {
    const { stdout, stderr, exitCode } = await execa(process.execPath, [bin, 'doctor', '--fix', 'tensorflow'], {
      cwd: bench.folder,
    });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Already set up: .+/);
    expect(stdout).toMatch(/✓ {2}engine tensorflow +TensorFlow 2\.18\.1/);
  },
);

test('doctor --fix says everything that is missing, exit code 1', async () => {
  const env = {
    ...bench.env,
    RETORT_CACHE: join(bench.folder, 'cache'),
    CXX: '/no/compiler',
    RETORT_NODE_HEADERS: '/nowhere',
  };
  const { exitCode, stderr } = await execa(process.execPath, [bin, 'doctor', '--fix', 'tensorflow'], {
    cwd: bench.folder,
    env,
    extendEnv: false,
    reject: false,
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('SETUP_IMPOSSIBLE');
  expect(stderr).toContain('COMPILER_MISSING');
  expect(stderr).toContain('NODE_HEADERS_MISSING');
});

test('doctor refuses what means nothing', async () => {
  const alone = await bench.retort('doctor', '--wheel', 'some.whl');
  expect(`${alone.exitCode}\n${alone.stderr}`).toBe(
    '2\nUSAGE_NEEDS_FIX\n  --wheel works only with --fix. Give both, or neither.',
  );
  const unknown = await bench.retort('doctor', '--fix', 'onnx');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('tensorflow, tensorflow-cuda');
});

test('a run gives its stages the cores of --threads, and refuses more than there are', async () => {
  const cores = availableParallelism();
  const { stdout } = await bench.retort('plan', 'words.pipeline.json', '--threads', '1', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ cores: 1 });
  const run = await bench.retort('run', 'words.pipeline.json', '--threads', '1', '--json');
  expect(run.exitCode).toBe(0);
  const shown = await bench.retort('show', '--json');
  const { stages } = JSON.parse(shown.stdout) as { stages: { threads: number }[] };
  expect(stages.map(({ threads }) => threads)).toEqual([1, 1, 1]);
  const refused = await bench.retort('run', 'words.pipeline.json', '--threads', String(cores + 1));
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(
    `--threads is ${cores + 1}, but this process has ${cores} cores. Give at most ${cores}.`,
  );
});
