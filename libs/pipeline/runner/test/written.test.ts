import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleEntry } from '@retort/code-closure';
import type { RunEvent, RunManifest } from '@retort/pipeline-runner';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  combine,
  createTinyWorkspace,
  make,
  pipeline,
  repository,
  runTiny,
  type TinyWorkspace,
} from './tiny-pipeline.ts';

function workspace(): TinyWorkspace {
  const created = createTinyWorkspace();
  onTestFinished(() => rmSync(created.path, { recursive: true, force: true }));
  return created;
}

test('the manifest holds what decided the run and how it went', async () => {
  const { store, ...rest } = workspace();
  const graph = pipeline(make('measure', { config: { behaviour: 'measure' } }), combine('end', { left: 'measure' }));
  const { manifest } = await runTiny({ store, ...rest }, graph);
  expect(await store.readManifest(manifest.run)).toEqual(JSON.parse(JSON.stringify(manifest)));
  expect(await store.listRuns()).toEqual([manifest.run]);
  expect(manifest).toMatchObject({
    schemaVersion: 1,
    status: 'done',
    engine: 'cpu',
    jobs: 2,
    cores: 4,
    versions: { node: process.version },
    hardware: { logicalCores: expect.any(Number), memoryBytes: expect.any(Number) },
    pipeline: {
      name: 'tiny',
      stages: [
        { id: 'measure', uses: 'make', with: { text: 'measure', behaviour: 'measure' }, seed: 1 },
        { id: 'end' },
      ],
    },
  });
  const [stage] = manifest.stages;
  expect(stage).toMatchObject({
    status: 'ran',
    reason: 'never run',
    metrics: { loss: 0.5 },
    warnings: ['look here'],
    outputs: { text: { bytes: 9, rows: 7 } },
    keyDocument: { uses: 'make', seed: 1, inputs: {} },
  });
  expect(stage?.peakMemoryBytes).toBeGreaterThan(10 << 20);
  const record = await store.findRecord(stage?.key as string);
  expect(record).toMatchObject({
    metrics: { loss: 0.5 },
    warnings: ['look here'],
    provenance: { run: manifest.run, stage: 'measure' },
  });
});

test.each([
  ['back', -3_600_000],
  ['forward', 3_600_000],
])('a wall clock that is set %s during a run changes no duration', async (_direction, milliseconds) => {
  const tiny = workspace();
  onTestFinished(() => void vi.useRealTimers());
  const onEvent = ({ event }: RunEvent) => {
    if (event !== 'stage-started') return;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
  };
  const { manifest, events } = await runTiny(tiny, pipeline(make('first'), combine('end', { left: 'first' })), {
    onEvent,
  });
  const record = await tiny.store.findRecord(manifest.stages[0]?.key as string);
  const said = events.flatMap((event) => ('seconds' in event ? [event.seconds] : []));
  const durations = [
    manifest.seconds,
    record?.provenance.seconds,
    ...manifest.stages.map(({ seconds }) => seconds),
    ...said,
  ] as number[];
  expect(durations.filter((seconds) => !(seconds >= 0 && seconds < 600))).toEqual([]);
  const [startedAt, finishedAt] = [Date.parse(manifest.startedAt), Date.parse(manifest.finishedAt as string)];
  expect(finishedAt - startedAt).toBeCloseTo((manifest.seconds as number) * 1000, -1);
});

test('the events are written as they were said, and a run has one log for each stage', async () => {
  const tiny = workspace();
  const { manifest, events } = await runTiny(tiny, pipeline(make('first'), combine('end', { left: 'first' })));
  const files = tiny.store.runFiles(manifest.run);
  const written = readFileSync(files.events, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  expect(written).toEqual(JSON.parse(JSON.stringify(events)));
  expect(written.map(({ event }) => event)).toEqual([
    'run-started',
    'stage-started',
    'stage-progress',
    'stage-finished',
    'stage-started',
    'stage-log',
    'stage-finished',
    'run-finished',
  ]);
  expect(readdirSync(join(files.folder, 'logs'))).toEqual(['end.log', 'first.log']);
  expect(readFileSync(files.log('end'), 'utf8')).toBe('4 threads\n');
});

test('a manifest of a run that goes on says so', async () => {
  const tiny = workspace();
  const seen: Promise<unknown>[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.event === 'stage-started') seen.push(tiny.store.readManifest(event.run));
  };
  await runTiny(tiny, pipeline(make('first'), combine('end', { left: 'first' })), { onEvent });
  const [first, second] = (await Promise.all(seen)) as RunManifest[];
  expect(first).toMatchObject({ status: 'running', stages: [{ status: 'pending' }, { status: 'pending' }] });
  expect(second).toMatchObject({ status: 'running', stages: [{ status: 'ran' }, { status: 'pending' }] });
});

test('the checkpoint folder of a key stays until the key is recorded', async () => {
  const tiny = workspace();
  const marker = join(tiny.path, 'marker');
  const graph = pipeline(make('flaky', { config: { behaviour: 'flaky', marker } }));
  const first = await runTiny(tiny, graph);
  const folder = tiny.store.checkpointFolder(first.manifest.stages[0]?.key as string);
  expect({ statuses: first.statuses, isThere: existsSync(folder) }).toEqual({
    statuses: ['flaky: failed'],
    isThere: true,
  });
  const second = await runTiny(tiny, graph);
  expect({ statuses: second.statuses, isThere: existsSync(folder) }).toEqual({
    statuses: ['flaky: ran'],
    isThere: false,
  });
});

test('a stage does not outlive a runner that is killed, and the next run clears what is left', async () => {
  const tiny = workspace();
  const entryFile = join(repository(), 'libs/pipeline/runner/test/runner-process.ts');
  const { path } = await bundleEntry({ installation: repository(), entryFile });
  const runner = spawn(process.execPath, [path, tiny.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stage = await new Promise<number>((resolve) => {
    let text = '';
    runner.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const pid = /"event":"stage-log".*"message":"(\d+)"/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
  expect(isAlive(stage)).toBe(true);
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  for (let waited = 0; isAlive(stage) && waited < 5000; waited += 20) await sleep(20);
  expect(isAlive(stage)).toBe(false);
  expect(readdirSync(join(tiny.store.root, 'attempts'))).toHaveLength(1);
  const [run] = await tiny.store.listRuns();
  expect(await tiny.store.readManifest(run as string)).toMatchObject({ status: 'running' });
  expect((await runTiny(tiny, pipeline(make('sleeper')))).statuses).toEqual(['sleeper: ran']);
  expect(readdirSync(join(tiny.store.root, 'attempts'))).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
