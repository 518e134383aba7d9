import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { type ArtifactStore, type GarbageOptions, type GarbagePlan, thisProcess } from '@retort/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

const ALL: GarbageOptions = { keepRuns: 0 };
const KILO = 1000;

interface Made {
  readonly key: string;
  readonly digest: string;
}

/** A recorded result of some bytes that took some seconds. */
async function make(store: ArtifactStore, text: string, { bytes = KILO, seconds = 1, key = text } = {}): Promise<Made> {
  const digest = await publish(store, { 'a.txt': text.padEnd(bytes, '.') });
  const made = { key: digestBytes(key), digest };
  const outputs = { text: { digest, bytes } };
  const provenance = { seconds, stage: key };
  await store.writeRecord({
    key: made.key,
    keyDocument: {},
    uses: 'corpus',
    outputs,
    metrics: {},
    warnings: [],
    provenance,
  });
  return made;
}

async function finishRun(store: ArtifactStore, run: string, ...results: Made[]): Promise<void> {
  await store.createRun(run);
  const stages = results.map(({ key, digest }) => ({ id: 'a', key, outputs: { text: { digest } } }));
  await store.writeManifest(run, { run, status: 'done', stages });
}

function names({ items }: GarbagePlan, kind: string): string[] {
  return items
    .filter((item) => item.kind === kind)
    .map(({ name }) => name)
    .sort();
}

function stored(store: ArtifactStore): string[] {
  return readdirSync(store.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('memo'))
    .map((entry) => join(entry.parentPath, entry.name).slice(store.root.length + 1))
    .sort();
}

const run = (day: number) => `2025010${day}T000000000Z-00000000`;

describe('what is kept', () => {
  test('are the results of the newest runs, of those that go on, and what is pinned', async () => {
    const store = temporaryStore();
    const made = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => make(store, text)));
    const [old, pinnedRun, newest, pinned, unused] = made as [Made, Made, Made, Made, Made];
    await finishRun(store, run(1), old);
    await finishRun(store, run(2), pinnedRun);
    await finishRun(store, run(3), newest);
    const since = new Date().toISOString();
    await store.writePin({ name: 'paper', since, target: { run: run(2) } });
    await store.writePin({ name: 'best', since, target: { artifact: pinned.digest } });
    const plan = await store.planGarbage({ keepRuns: 1 });
    expect(names(plan, 'result')).toEqual([old.key, unused.key].sort());
    expect(names(plan, 'run')).toEqual([run(1)]);
    expect(plan.kept).toEqual({ runs: 2, results: 3, pins: 2 });
    await store.collectGarbage(plan);
    for (const { key } of [pinnedRun, newest, pinned]) expect(await store.findRecord(key)).toBeDefined();
    for (const { key, digest } of [old, unused]) {
      expect(await store.findRecord(key)).toBeUndefined();
      expect(existsSync(store.artifactPath(digest))).toBe(false);
    }
    expect((await store.verify()).problems).toEqual([]);
  });

  test('is what a run that goes on names, has claimed, or has just published', async () => {
    const store = temporaryStore();
    const [input, claimed] = [await make(store, 'input'), await make(store, 'claimed')];
    const id = store.newRunId();
    await finishRun(store, id, input);
    const presence = await store.attendRun(id);
    const claim = await store.claim(claimed.key, { run: id, stage: 'b' });
    if (claim.status === 'held') onTestFinished(() => claim.claim.release());
    const published = await publish(store, { 'a.txt': 'not recorded yet' });
    mkdirSync(store.checkpointFolder(claimed.key), { recursive: true });
    const plan = await store.planGarbage(ALL);
    expect(plan.items).toEqual([]);
    await presence.leave();
    if (claim.status === 'held') await claim.claim.release();
    const after = await store.planGarbage(ALL);
    expect(names(after, 'result')).toEqual([input.key, claimed.key].sort());
    expect(names(after, 'artifact')).toEqual([published]);
    expect(names(after, 'checkpoint')).toEqual([claimed.key]);
  });

  test('is what a run has begun to use since the plan was made', async () => {
    const store = temporaryStore();
    const [mine, other] = [await make(store, 'mine'), await make(store, 'other')];
    const plan = await store.planGarbage(ALL);
    const id = store.newRunId();
    await finishRun(store, id, mine);
    const presence = await store.attendRun(id);
    await store.collectGarbage(plan);
    expect(await store.findRecord(mine.key)).toBeDefined();
    expect(await store.findRecord(other.key)).toBeUndefined();
    await presence.leave();
  });

  test('is what a run used that went on when the plan was made, and has ended since', async () => {
    const store = temporaryStore();
    const [first, last] = [await make(store, 'first'), await make(store, 'last')];
    const id = store.newRunId();
    await finishRun(store, id, first);
    const presence = await store.attendRun(id);
    // Its last stage is recorded, and not yet in the manifest.
    const plan = await store.planGarbage({ keepRuns: 1 });
    expect(names(plan, 'result')).toEqual([last.key]);
    await finishRun(store, id, first, last);
    await presence.leave();
    await store.collectGarbage(plan);
    for (const { key } of [first, last]) expect(await store.findRecord(key)).toBeDefined();
  });

  test('is an artifact that another record names', async () => {
    const store = temporaryStore();
    const kept = await make(store, 'same', { key: 'kept' });
    const gone = await make(store, 'same', { key: 'gone' });
    await finishRun(store, run(1), kept);
    const plan = await store.planGarbage({ keepRuns: 1 });
    expect(plan.items).toMatchObject([{ kind: 'result', name: gone.key, bytes: 0, artifacts: [] }]);
    await store.collectGarbage(plan);
    expect(await store.findRecord(kept.key)).toBeDefined();
  });
});

describe('of many runs', () => {
  let minute = 0;

  /** A run of some stages, each computed or taken from the cache, some of them of one cell alone. */
  async function runOf(
    store: ArtifactStore,
    pipeline: string,
    stages: readonly { made: Made; status: 'ran' | 'cached'; cell?: string }[],
  ): Promise<string> {
    const id = `20250101T${String(1000 + minute++)}00000Z-00000000`;
    const [name = '', variant] = pipeline.split(':');
    await store.createRun(id);
    await store.writeManifest(id, {
      status: 'done',
      pipeline: {
        name,
        ...(variant !== undefined && { variant }),
        stages: stages.map(({ cell }, i) => ({ id: `s${i}`, ...(cell !== undefined && { cells: [cell] }) })),
      },
      stages: stages.map(({ made, status }, i) => ({
        id: `s${i}`,
        status,
        key: made.key,
        outputs: { text: { digest: made.digest } },
      })),
    });
    return id;
  }

  test('those that took everything from the cache displace none that computed, nor do those of other pipelines', async () => {
    const store = temporaryStore();
    const [teacher, corpus, other, variant] = [
      await make(store, 'teacher', { seconds: 9000 }),
      await make(store, 'corpus'),
      await make(store, 'other'),
      await make(store, 'variant'),
    ];
    await runOf(store, 'distill', [{ made: teacher, status: 'ran' }]);
    await runOf(store, 'distill:flat', [{ made: variant, status: 'ran' }]);
    for (let i = 0; i < 12; i++) await runOf(store, 'distill', [{ made: corpus, status: 'cached' }]);
    for (let i = 0; i < 12; i++) await runOf(store, 'other', [{ made: other, status: 'ran' }]);
    const plan = await store.planGarbage({ keepRuns: 1 });
    expect(names(plan, 'result')).toEqual([]);
    expect(names(plan, 'run')).toHaveLength(11 + 11);
    expect(names(await store.planGarbage({ keepRuns: 0 }), 'result')).toHaveLength(4);
  });

  test('the newest so many that computed are kept, and what the last run used whatever it did', async () => {
    const store = temporaryStore();
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((text) => make(store, text)));
    const runs: string[] = [];
    for (const each of made) runs.push(await runOf(store, 'p', [{ made: each, status: 'ran' }]));
    await runOf(store, 'p', [{ made: made[0] as Made, status: 'cached' }]);
    const plan = await store.planGarbage({ keepRuns: 2 });
    expect(names(plan, 'result')).toEqual([(made[1] as Made).key]);
    expect(names(plan, 'run')).toEqual(runs.slice(0, 2));
    expect(plan.items.find(({ kind }) => kind === 'run')).toMatchObject({ pipeline: 'p' });
  });

  test('each cell of a matrix counts by itself', async () => {
    const store = temporaryStore();
    const [first, second] = [await make(store, 'first'), await make(store, 'second')];
    await runOf(store, 'm', [{ made: first, status: 'ran', cell: 'seed=1' }]);
    for (let i = 0; i < 3; i++) await runOf(store, 'm', [{ made: second, status: 'ran', cell: 'seed=2' }]);
    expect(names(await store.planGarbage({ keepRuns: 1 }), 'result')).toEqual([]);
    await runOf(store, 'm', [
      { made: second, status: 'cached', cell: 'seed=1' },
      { made: second, status: 'ran', cell: 'seed=2' },
    ]);
    expect(names(await store.planGarbage({ keepRuns: 1 }), 'result')).toEqual([]);
  });
});

describe('a budget', () => {
  test('keeps what is dear to compute again for its size', async () => {
    const store = temporaryStore();
    const dear = await make(store, 'dear', { bytes: 10 * KILO, seconds: 1000 });
    const large = await make(store, 'large', { bytes: 100 * KILO, seconds: 100 });
    const cheap = await make(store, 'cheap', { bytes: 10 * KILO, seconds: 1 });
    const { bytes } = await store.planGarbage(ALL);
    expect((await store.planGarbage({ keepRuns: 0, budgetBytes: bytes })).items).toEqual([]);
    const tight = await store.planGarbage({ keepRuns: 0, budgetBytes: bytes - 5 * KILO });
    expect(names(tight, 'result')).toEqual([cheap.key]);
    const tighter = await store.planGarbage({ keepRuns: 0, budgetBytes: bytes - 50 * KILO });
    expect(names(tighter, 'result')).toEqual([cheap.key, large.key].sort());
    expect(tighter.bytesAfter).toBeLessThanOrEqual(bytes - 50 * KILO);
    expect(tighter.items[0]).toMatchObject({ stage: 'cheap', uses: 'corpus', seconds: 1 });
    const none = await store.planGarbage({ keepRuns: 0, budgetBytes: 1 });
    expect(names(none, 'result')).toContain(dear.key);
    expect(none.bytesAfter).toBeGreaterThan(1);
  });

  test('never costs what is kept', async () => {
    const store = temporaryStore();
    await finishRun(store, run(1), await make(store, 'kept', { bytes: 10 * KILO }));
    const plan = await store.planGarbage({ keepRuns: 1, budgetBytes: 1 });
    expect(plan.items).toEqual([]);
    expect(plan.bytesAfter).toBe(plan.bytes);
  });
});

test('nothing younger than an age goes', async () => {
  const store = temporaryStore();
  await finishRun(store, run(1), await make(store, 'a'));
  await make(store, 'b');
  expect((await store.planGarbage({ keepRuns: 0, olderThanSeconds: 3600 })).items).toEqual([]);
});

test('what the dead leave behind goes, whatever it is; what the living use stays', async () => {
  const store = temporaryStore();
  const kept = await make(store, 'kept');
  await finishRun(store, run(9), kept);
  const whole = stored(store);
  const pid = spawnSync(process.execPath, ['--version']).pid;
  const dead = { ...thisProcess(), pid };
  const plant = (path: string, content: unknown = '', age = 0): void => {
    const file = join(store.root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const then = new Date(Date.now() - age * 1000);
    utimesSync(file, then, then);
    utimesSync(join(file, '..'), then, then);
  };
  const key = digestBytes('dead');
  const half = digestBytes('half');
  plant('attempts/1-dead/owner.json', dead);
  plant(`claims/${key.slice(0, 2)}/${key}/owner.json`, {
    ...dead,
    run: run(1),
    stage: 'a',
    id: '0123456789abcdef',
    since: '',
  });
  plant(`claims/new/x/owner.json`, '', 3600);
  plant(`records/00/${key}.json.${pid}-0123abcd.tmp`);
  plant(`artifacts/${half.slice(0, 2)}/${half}.json`, []);
  plant(`runs/${run(1)}/manifest.json.${pid}-0123abcd.tmp`);
  plant(`runs/${run(1)}/runner.json`, dead);
  plant(`runs/${run(9)}/runner.json`, dead);
  plant(`checkpoints/${kept.key.slice(0, 2)}/${kept.key}/000000000000001.checkpoint`);
  plant(`checkpoints/${key.slice(0, 2)}/${key}/000000000000001.checkpoint`, '', 30 * 86_400);
  plant(`quarantine/${half}-01234567/why.txt`, 'it was damaged', 30 * 86_400);
  plant('trash/x/y');
  const plan = await store.planGarbage({ keepRuns: 10 });
  expect(plan.items.map(({ kind }) => kind).sort()).toEqual(
    [
      'artifact',
      'attempt',
      'checkpoint',
      'checkpoint',
      'claim',
      'presence',
      'presence',
      'quarantine',
      'run',
      'temporary',
      'temporary',
      'temporary',
    ].sort(),
  );
  await store.collectGarbage(plan);
  const left = stored(store).filter((file) => !file.startsWith('claims/retired'));
  expect(left).toEqual(whole);
  expect((await store.planGarbage({ keepRuns: 10 })).items).toEqual([]);
});

test('a crash at any moment leaves a store in which everything that is recorded is there', async () => {
  for (let crashAt = 0; ; crashAt++) {
    const store = temporaryStore();
    const made = await Promise.all(['a', 'b', 'c'].map((text) => make(store, text)));
    await finishRun(store, run(1), made[0] as Made);
    await publish(store, { 'a.txt': 'orphan' });
    const plan = await store.planGarbage(ALL);
    let removals = 0;
    const crashed = await store
      .collectGarbage(plan, {
        onRemove: () => {
          if (removals++ === crashAt) throw new Error('crash');
        },
      })
      .then(
        () => false,
        () => true,
      );
    expect((await store.verify({ dryRun: true })).problems).toEqual([]);
    await store.collectGarbage(await store.planGarbage(ALL));
    expect(stored(store)).toEqual([]);
    if (!crashed) break;
    expect(crashAt).toBeLessThan(20);
  }
});
