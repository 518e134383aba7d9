import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@retort/pipeline-runner';
import { ArtifactStore, thisProcess } from '@retort/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  combine,
  createTinyWorkspace,
  make,
  pipeline,
  runTiny,
  type TinyRun,
  type TinyWorkspace,
} from './tiny-pipeline.ts';

function workspace(): TinyWorkspace {
  const created = createTinyWorkspace();
  onTestFinished(() => rmSync(created.path, { recursive: true, force: true }));
  return created;
}

/** The same workspace and store, as another process would open it. */
function again({ path, store }: TinyWorkspace): TinyWorkspace {
  return { path, store: new ArtifactStore(store.root) };
}

function counted({ path }: TinyWorkspace, id: string, more: Record<string, unknown> = {}) {
  return make(id, { config: { behaviour: 'count', marker: join(path, 'executions'), ...more } });
}

function executions({ path }: TinyWorkspace): string[] {
  const file = join(path, 'executions');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

function waiting({ events }: TinyRun): Extract<RunEvent, { event: 'stage-waiting' }>[] {
  return events.filter((each) => each.event === 'stage-waiting');
}

describe('two runs at once', () => {
  test('execute each key once; the second waits, says for whom, and takes the result', async () => {
    const tiny = workspace();
    const graph = pipeline(counted(tiny, 'slow', { milliseconds: 700 }), combine('end', { left: 'slow' }));
    const [first, second] = await Promise.all([runTiny(tiny, graph), runTiny(again(tiny), graph)]);
    expect(executions(tiny)).toEqual(['slow']);
    const bySlow = [first, second].map(({ statuses }) => statuses[0]).sort();
    expect(bySlow).toEqual(['slow: cached', 'slow: ran']);
    const [ran, took] = first.statuses[0] === 'slow: ran' ? [first, second] : [second, first];
    expect(waiting(took)[0]).toMatchObject({
      stage: 'slow',
      key: ran.manifest.stages[0]?.key,
      holder: { run: ran.manifest.run, stage: 'slow', pid: process.pid, host: expect.stringMatching(/^\S+$/) },
    });
    expect(took.manifest.stages[0]?.outputs).toEqual(ran.manifest.stages[0]?.outputs);
  });

  test("with each other's keys in another order do not block each other", async () => {
    const tiny = workspace();
    const [a, b] = ['a', 'b'].map((id) => counted(tiny, id, { milliseconds: 200 })) as [
      ReturnType<typeof make>,
      ReturnType<typeof make>,
    ];
    const runs = await Promise.all([
      runTiny(tiny, pipeline(a, b), { jobs: 1 }),
      runTiny(again(tiny), pipeline(b, a), { jobs: 1 }),
    ]);
    expect(runs.map(({ manifest }) => manifest.status)).toEqual(['done', 'done']);
    expect(executions(tiny).sort()).toEqual(['a', 'b']);
  });

  test('repair a damaged artifact once', async () => {
    const tiny = workspace();
    const graph = pipeline(counted(tiny, 'source'), combine('end', { left: 'source' }));
    const first = await runTiny(tiny, graph);
    const digest = first.manifest.stages[0]?.outputs.text?.digest as string;
    writeFileSync(join(tiny.store.artifactPath(digest), 'text.txt'), 'SOURCE 1');
    const selection = { from: 'end' };
    const runs = await Promise.all([runTiny(tiny, graph, { selection }), runTiny(again(tiny), graph, { selection })]);
    expect(runs.map(({ manifest }) => manifest.status)).toEqual(['done', 'done']);
    expect(executions(tiny)).toEqual(['source', 'source']);
  });

  test('go on when the one that is waited for fails', async () => {
    const tiny = workspace();
    const marker = join(tiny.path, 'marker');
    const graph = pipeline(make('flaky', { config: { behaviour: 'flaky', marker } }));
    const runs = await Promise.all([runTiny(tiny, graph), runTiny(again(tiny), graph)]);
    expect(runs.map(({ manifest }) => manifest.status).sort()).toEqual(['done', 'failed']);
  });
});

test('two stages of one run with one key are executed once', async () => {
  const tiny = workspace();
  const same = { text: 'same', milliseconds: 200 };
  const run = await runTiny(tiny, pipeline(counted(tiny, 'one', same), counted(tiny, 'two', same)));
  expect([...run.statuses].sort()).toEqual([
    expect.stringMatching(/^(one|two): /),
    expect.stringMatching(/^(one|two): /),
  ]);
  expect(run.manifest.stages.map(({ status }) => status).sort()).toEqual(['cached', 'ran']);
  expect(executions(tiny)).toEqual(['same']);
});

describe('a stage whose key another holds', () => {
  /** A claim of this very process, which lives and gives no sign of life. */
  async function plantClaim(tiny: TinyWorkspace, key: string): Promise<string> {
    const folder = join(tiny.store.root, 'claims', key.slice(0, 2), key);
    mkdirSync(folder, { recursive: true });
    const holder = {
      ...thisProcess(),
      id: '0123456789abcdef',
      run: 'other',
      stage: 'a',
      since: new Date().toISOString(),
    };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(holder));
    writeFileSync(join(folder, 'heartbeat'), '.');
    return folder;
  }

  async function keyOf(graph: ReturnType<typeof pipeline>): Promise<string> {
    return (await runTiny(workspace(), graph)).manifest.stages[0]?.key as string;
  }

  test('is left as soon as the run is stopped', async () => {
    const tiny = workspace();
    const graph = pipeline(make('a'));
    await plantClaim(tiny, await keyOf(graph));
    const controller = new AbortController();
    let stoppedAt = 0;
    const onEvent = ({ event }: RunEvent) => {
      if (event !== 'stage-waiting') return;
      setTimeout(() => {
        stoppedAt = performance.now();
        controller.abort();
      }, 300);
    };
    const run = await runTiny(tiny, graph, { signal: controller.signal, onEvent });
    expect(performance.now() - stoppedAt).toBeLessThan(400);
    expect(run.manifest.status).toBe('interrupted');
    expect(run.statuses).toEqual(['a: skipped']);
  });

  test('does not keep other stages from running, with one job', async () => {
    const tiny = workspace();
    const graph = pipeline(make('a'), make('b'));
    const folder = await plantClaim(tiny, await keyOf(graph));
    const onEvent = (event: RunEvent) => {
      if (event.event === 'stage-finished' && event.stage.id === 'b') rmSync(folder, { recursive: true });
    };
    const run = await runTiny(tiny, graph, { jobs: 1, onEvent });
    expect(run.statuses).toEqual(['a: ran', 'b: ran']);
  });

  test('is executed when it hangs for the limit', async () => {
    const tiny = workspace();
    const graph = pipeline(make('a'));
    await plantClaim(tiny, await keyOf(graph));
    const store = new ArtifactStore(tiny.store.root, { claimLimitSeconds: 0.5 });
    expect((await runTiny({ ...tiny, store }, graph)).statuses).toEqual(['a: ran']);
  });
});

test('a run that loses its key while it executes ends its stage, and one result is made and taken', async () => {
  const tiny = workspace();
  // Of one mind about when a holder is given up: whoever is stricter takes keys from others that are well.
  const openStore = () => new ArtifactStore(tiny.store.root, { claimLimitSeconds: 2 });
  const store = openStore();
  const graph = pipeline(counted(tiny, 'slow', { milliseconds: 3000 }));
  let successor: Promise<TinyRun> | undefined;
  const run = await runTiny({ ...tiny, store }, graph, {
    onEvent: (event) => {
      if (event.event !== 'stage-started' || successor !== undefined) return;
      const { key } = event;
      successor = (async () => {
        await expect.poll(() => executions(tiny), { timeout: 30_000, interval: 20 }).toEqual(['slow']);
        // As it looks to others when this process sleeps: they give up on it.
        const owner = join(store.root, 'claims', key.slice(0, 2), key, 'owner.json');
        writeFileSync(owner, JSON.stringify({ ...JSON.parse(readFileSync(owner, 'utf8')), started: '1' }));
        return runTiny({ ...again(tiny), store: openStore() }, graph);
      })();
    },
  });
  const statuses = [run, await successor].flatMap((each) => each?.statuses);
  expect(statuses.sort()).toEqual(['slow: cached', 'slow: ran']);
  expect(executions(tiny)).toEqual(['slow', 'slow']);
  expect(run.events).toContainEqual(
    expect.objectContaining({ event: 'stage-warning', message: expect.stringContaining('has taken over') }),
  );
});
