import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestBytes, digestJson } from '@retort/foundation/digest';
import { ArtifactStore, type StageRecord } from '@retort/store';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publish, temporaryStore } from './temporary-store.ts';

/** What anybody may put into a store that many write: files with right checksums and wrong contents, and no files at all. */
const RUN = '20250101T000000000Z-00000000';
const KEY = digestBytes('key');

async function filled(): Promise<{ store: ArtifactStore; digest: string }> {
  const store = temporaryStore();
  const digest = await publish(store, { 'a.txt': 'first' });
  const outputs = { text: { digest, bytes: 5, rows: 2 } };
  const provenance = { seconds: 3, run: RUN, stage: 'a' };
  await store.writeRecord({
    key: KEY,
    keyDocument: { seed: 1 },
    uses: 'corpus',
    outputs,
    metrics: { loss: 0.5 },
    warnings: ['x'],
    provenance,
  });
  await store.createRun(RUN);
  const stages = [{ id: 'a', status: 'ran', key: KEY, keyDocument: { inputs: {} }, outputs: { text: { digest } } }];
  await store.writeManifest(RUN, { pipeline: { name: 'p', stages: [{ id: 'a' }] }, status: 'done', stages });
  await store.writePin({ name: 'kept', since: '2025-01-01', target: { artifact: digest } });
  mkdirSync(store.checkpointFolder(KEY), { recursive: true });
  return { store, digest };
}

/** All that a run, `verify`, `gc`, `pin` and `show` ask a store. Rejects with nothing but an error for people. */
async function useAll(root: string): Promise<void> {
  const store = new ArtifactStore(root, { claimLimitSeconds: 0.2 });
  const uses = [
    () => store.findRecord(KEY),
    () => store.recentRecords('corpus'),
    () => store.readManifest(RUN),
    () => store.runState(RUN),
    () => store.readPins(),
    () => store.planGarbage({ keepRuns: 1, olderThanSeconds: 0 }),
    () => store.verify({ dryRun: true }),
    () => store.sweep(),
    async () => {
      const end = await store.claim(KEY, { run: RUN, stage: 'a' });
      if (end.status === 'held') await end.claim.release();
    },
    () => store.verify(),
    async () => store.collectGarbage(await store.planGarbage({ keepRuns: 1 })),
  ];
  for (const use of uses)
    await use().catch((error: unknown) => {
      if (!(error instanceof RetortError)) throw error;
    });
}

function pathsOf(store: ArtifactStore, digest: string): Record<string, string> {
  const below = (...names: string[]) => join(store.root, ...names);
  return {
    record: below('records', KEY.slice(0, 2), `${KEY}.json`),
    index: below('records/by-stage/corpus.txt'),
    manifest: below('runs', RUN, 'manifest.json'),
    presence: below('runs', RUN, 'runner.json'),
    heartbeat: below('runs', RUN, 'heartbeat'),
    events: below('runs', RUN, 'events.jsonl'),
    sums: below('runs', RUN, 'events.sums'),
    pin: below('pins/kept.json'),
    claim: below('claims', KEY.slice(0, 2), KEY, 'owner.json'),
    listing: below('artifacts', digest.slice(0, 2), `${digest}.json`),
    memo: below('memo/verified', digest.slice(0, 2), `${digest}.json`),
    attempt: below('attempts/1-x/owner.json'),
    checkpoint: join(store.checkpointFolder(KEY), '000000000000001.checkpoint'),
  };
}

describe('in the place of an expected file', () => {
  const things: Record<string, (path: string) => void> = {
    'a folder': (path) => mkdirSync(join(path, 'inner'), { recursive: true }),
    'a pipe': (path) => execFileSync('mkfifo', [path]),
    'a link to a device': (path) => symlinkSync('/dev/zero', path),
    'a link to itself': (path) => symlinkSync(path, path),
    nothing: () => {},
    'an empty file': (path) => writeFileSync(path, ''),
    'text that is no JSON': (path) => writeFileSync(path, '{"a'),
    'brackets without end': (path) => writeFileSync(path, '['.repeat(200_000)),
    'brackets very deep': (path) => writeFileSync(path, '['.repeat(200_000) + ']'.repeat(200_000)),
    null: (path) => writeFileSync(path, 'null'),
  };

  test.each(Object.keys(things))(
    '%s ends nothing in a stack, and nothing waits for it',
    { timeout: 60_000 },
    async (what) => {
      const { store, digest } = await filled();
      for (const path of Object.values(pathsOf(store, digest))) {
        rmSync(path, { recursive: true, force: true });
        mkdirSync(dirname(path), { recursive: true });
        things[what]?.(path);
      }
      await useAll(store.root);
      await useAll(store.root);
      expect(
        (await new ArtifactStore(store.root).verify({ dryRun: true })).problems.map(({ kind }) => kind),
      ).not.toContain('memo');
    },
  );
});

test('files that are too large for any run end nothing in a stack', { timeout: 60_000 }, async () => {
  const { store, digest } = await filled();
  // A checkpoint is hashed piece by piece, however large it is.
  const { checkpoint: _, ...paths } = pathsOf(store, digest);
  for (const path of Object.values(paths)) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    truncateSync(path, 2 ** 31 + 1);
  }
  await useAll(store.root);
  const { problems } = await new ArtifactStore(store.root).verify({ dryRun: true });
  expect(problems.map(({ kind }) => kind)).not.toContain('record-index');
});

/** A JSON value with one of its members, wherever, replaced. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  const paths = pathsIn(value);
  const anything = fc.oneof(
    fc.constantFrom(null, -1, 1.5, 1e300, '', 'x', '../../x', '\u001b[2J', [], {}, [null], { a: null }, true),
    fc.jsonValue(),
  );
  return fc.tuple(fc.constantFrom(...paths), anything).map(([path, other]) => replaced(value, path, other));
}

function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([name, inner]) => pathsIn(inner).map((path) => [name, ...path]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const members = value as Record<string, unknown>;
  if (Array.isArray(value)) return value.map((each, i) => (String(i) === name ? replaced(each, rest, other) : each));
  return { ...members, [name]: replaced(members[name], rest, other) };
}

/** Each as the store writes it, with the checksum made anew after the change: a checksum proves nothing but what was written. */
const WRITERS: Record<string, (path: string) => { plain: unknown; text: (value: unknown) => string }> = {
  record: (path) => ({
    plain: (read(path) as { record: StageRecord }).record,
    text: (record) => JSON.stringify({ checksum: digestJson(record), record }),
  }),
  manifest: (path) => {
    const { checksum: _, ...plain } = read(path) as Record<string, unknown>;
    return {
      plain,
      text: (manifest) => JSON.stringify({ ...(manifest as object), checksum: digestJson({ run: RUN, manifest }) }),
    };
  },
  pin: (path) => ({
    plain: (read(path) as { pin: unknown }).pin,
    text: (pin) => JSON.stringify({ checksum: digestJson(pin), pin }),
  }),
  presence: () => ({ plain: { pid: 1, host: 'elsewhere', started: '1' }, text: (value) => JSON.stringify(value) }),
  attempt: () => ({ plain: { pid: 1, host: 'elsewhere', started: '1' }, text: (value) => JSON.stringify(value) }),
  claim: () => ({
    plain: { pid: 1, host: 'elsewhere', started: '1', id: '0123456789abcdef', run: RUN, stage: 'a', since: '' },
    text: (value) => JSON.stringify(value),
  }),
  listing: (path) => ({ plain: read(path), text: (value) => JSON.stringify(value) }),
  memo: () => ({ plain: { 'a.txt': '0 1 2 3 4' }, text: (value) => JSON.stringify(value) }),
};

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

test.each(Object.keys(WRITERS))(
  'a planted %s, well formed with anything in it, is used as what it is or not at all',
  {
    timeout: 120_000,
  },
  async (kind) => {
    const { store, digest } = await filled();
    const path = pathsOf(store, digest)[kind] as string;
    const { plain, text } = (WRITERS[kind] as (typeof WRITERS)[string])(path);
    const property = fc.asyncProperty(changed(plain), async (value) => {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text(value));
      await useAll(store.root);
    });
    await fc.assert(property, { numRuns: 15, seed: 13 });
    expect(existsSync(store.root)).toBe(true);
  },
);
