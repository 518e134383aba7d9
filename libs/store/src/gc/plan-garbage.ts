import { join } from 'node:path';
import { isPresent } from '../artifacts.ts';
import type { Claims } from '../claims.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import type { StageRecord } from '../record.ts';
import { loadRecord } from '../records.ts';
import { runFiles } from '../runs.ts';
import { namesByPrefix } from '../walk.ts';
import type { GarbageItem, GarbageOptions, GarbagePlan } from './garbage.ts';
import { newestRuns, pipelineOf } from './kept-runs.ts';
import { leftovers } from './leftovers.ts';
import { artifactSize, sizeOf } from './sizes.ts';
import { addManifest, type InFlight, inFlight, noUses, pinned, type RunUse, readRuns, type Uses } from './uses.ts';

interface Result {
  readonly record: StageRecord;
  readonly recordedAt: number;
  readonly artifacts: readonly string[];
}

/** Says what may go, and changes nothing. */
export async function planGarbage(layout: StoreLayout, claims: Claims, options: GarbageOptions): Promise<GarbagePlan> {
  const runs = await readRuns(layout, claims);
  const flight = await inFlight(layout, claims, runs);
  const pins = await pinned(layout);
  const newest = newestRuns(runs, options.keepRuns);
  const oldRuns = runs.filter((run) => isOldRun(run, { newest, flight, pins: pins.runs, options }));
  const uses = usesOf(
    runs.filter((run) => !oldRuns.includes(run)),
    flight,
    pins.artifacts,
  );
  const results = await readResults(layout);
  const sizes = await artifactSizes(layout);
  const isKept = ({ record, artifacts }: Result) =>
    uses.keys.has(record.key) || artifacts.some((digest) => pins.artifacts.has(digest));
  const keys = new Set(results.map(({ record }) => record.key));
  const always = [
    ...(await leftovers({ layout, claims, flight, runs, options, isRecorded: (key) => keys.has(key) })),
    ...(await orphans(layout, { results, uses, flight, sizes })),
  ];
  const bytes = (await sizeOf(layout, layout.root)) || 0;
  const room = roomFor(options, bytes - sum(always));
  const chosen = chooseResults({
    candidates: results.filter((each) => !isKept(each) && isOldEnough(each, options)),
    results,
    uses,
    sizes,
    room,
    pipelines: new Map(runs.map(({ run, manifest }) => [run, pipelineOf(manifest)])),
  });
  const withRuns = room === undefined || room > sum(chosen) ? await runItems(layout, oldRuns) : [];
  const items = [...chosen, ...withRuns, ...always];
  return {
    items,
    bytes,
    bytesAfter: bytes - sum(items),
    oldRuns: new Set(oldRuns.map(({ run }) => run)),
    kept: { runs: runs.length - withRuns.length, results: results.length - chosen.length, pins: pins.count },
  };
}

function isOldRun(
  { run, state, changedAt, manifest }: RunUse,
  {
    newest,
    flight,
    pins,
    options,
  }: { newest: ReadonlySet<string>; flight: InFlight; pins: ReadonlySet<string>; options: GarbageOptions },
): boolean {
  if (flight.runs.has(run) || pins.has(run)) return false;
  if (manifest === undefined && state === 'dead') return true;
  const isYoung = options.olderThanSeconds !== undefined && Date.now() - changedAt < options.olderThanSeconds * 1000;
  return !newest.has(run) && !isYoung;
}

function usesOf(runs: readonly RunUse[], flight: InFlight, pins: ReadonlySet<string>): Uses {
  const uses = noUses();
  for (const { manifest } of runs) addManifest(uses, manifest);
  for (const key of flight.keys) uses.keys.add(key);
  for (const digest of [...flight.artifacts, ...pins]) uses.artifacts.add(digest);
  return uses;
}

export async function readResults(layout: StoreLayout): Promise<Result[]> {
  const results: Result[] = [];
  for (const key of await namesByPrefix(layout, join(layout.root, 'records'))) {
    const record = await loadRecord(layout, key);
    if (record === undefined) continue;
    const recordedAt = (await statOf(layout.record(key)))?.mtimeMs ?? Date.now();
    const artifacts = [...new Set(Object.values(record.outputs).map(({ digest }) => digest))];
    results.push({ record, recordedAt, artifacts });
  }
  return results;
}

async function artifactSizes(layout: StoreLayout): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const digest of await namesByPrefix(layout, join(layout.root, 'artifacts'))) {
    sizes.set(digest, await artifactSize(layout, digest));
  }
  return sizes;
}

/** Artifacts that no record names: a run died before it wrote one. Not those of a run that may be about to. */
async function orphans(
  layout: StoreLayout,
  {
    results,
    uses,
    flight,
    sizes,
  }: { results: readonly Result[]; uses: Uses; flight: InFlight; sizes: ReadonlyMap<string, number> },
): Promise<GarbageItem[]> {
  const named = new Set(results.flatMap(({ artifacts }) => artifacts));
  const items: GarbageItem[] = [];
  for (const [digest, bytes] of sizes) {
    const isWhole = await isPresent(layout, digest);
    if ((named.has(digest) || uses.artifacts.has(digest)) && isWhole) continue;
    if (named.has(digest) || (await isNewerThan(layout, digest, flight.since))) continue;
    items.push({
      kind: 'artifact',
      name: digest,
      bytes,
      why: isWhole ? 'no record refers to it' : 'part of it is missing',
    });
  }
  return items;
}

/** Whether an artifact was published after something that goes on began. */
export async function isNewerThan(layout: StoreLayout, digest: string, since: number | undefined): Promise<boolean> {
  if (since === undefined) return false;
  const status = (await statOf(layout.listing(digest))) ?? (await statOf(layout.artifact(digest)));
  return status !== undefined && status.mtimeMs >= since;
}

/** Bytes by which results have to shrink; undefined when all of them go that nobody needs. */
function roomFor({ budgetBytes }: GarbageOptions, bytes: number): number | undefined {
  return budgetBytes === undefined ? undefined : bytes - budgetBytes;
}

/** Cheapest to compute again for their size first, until there is room; the older ones of equals. */
function chooseResults({
  candidates,
  results,
  uses,
  sizes,
  room,
  pipelines,
}: {
  candidates: readonly Result[];
  results: readonly Result[];
  uses: Uses;
  sizes: ReadonlyMap<string, number>;
  room: number | undefined;
  pipelines: ReadonlyMap<string, string | undefined>;
}): GarbageItem[] {
  const named = countNames(results);
  const going = new Set(candidates);
  const kept = new Set(results.filter((each) => !going.has(each)).flatMap(({ artifacts }) => artifacts));
  const setsFree = ({ artifacts }: Result) =>
    artifacts.some((digest) => sizes.has(digest) && !kept.has(digest) && !uses.artifacts.has(digest));
  const items: GarbageItem[] = [];
  for (const result of [...candidates].sort(byCost(sizes))) {
    if (room !== undefined && sum(items) >= room) break;
    if (room !== undefined && !setsFree(result)) continue;
    const gone = result.artifacts.filter((digest) => {
      named.set(digest, (named.get(digest) ?? 0) - 1);
      return named.get(digest) === 0 && sizes.has(digest) && !uses.artifacts.has(digest);
    });
    items.push(resultItem(result, { gone, bytes: bytesOf(gone, sizes), pipelines }));
  }
  return items;
}

function countNames(results: readonly Result[]): Map<string, number> {
  const named = new Map<string, number>();
  for (const { artifacts } of results) for (const digest of artifacts) named.set(digest, (named.get(digest) ?? 0) + 1);
  return named;
}

function byCost(sizes: ReadonlyMap<string, number>): (a: Result, b: Result) => number {
  const cost = ({ record, artifacts }: Result) => (secondsOf(record) ?? 0) / Math.max(1, bytesOf(artifacts, sizes));
  return (a, b) => cost(a) - cost(b) || a.recordedAt - b.recordedAt;
}

function resultItem(
  { record, recordedAt }: Result,
  {
    gone,
    bytes,
    pipelines,
  }: { gone: readonly string[]; bytes: number; pipelines: ReadonlyMap<string, string | undefined> },
): GarbageItem {
  const seconds = secondsOf(record);
  const { stage, run, pipeline = pipelines.get(String(run)) } = record.provenance;
  return {
    kind: 'result',
    name: record.key,
    bytes,
    why: 'not used by any run that is kept',
    uses: record.uses,
    artifacts: gone,
    madeAt: new Date(recordedAt).toISOString(),
    ...(typeof pipeline === 'string' && { pipeline }),
    ...(typeof stage === 'string' && { stage }),
    ...(seconds !== undefined && { seconds }),
  };
}

function secondsOf({ provenance }: StageRecord): number | undefined {
  return typeof provenance.seconds === 'number' ? provenance.seconds : undefined;
}

function isOldEnough({ recordedAt }: Result, { olderThanSeconds = 0 }: GarbageOptions): boolean {
  return Date.now() - recordedAt >= olderThanSeconds * 1000;
}

async function runItems(layout: StoreLayout, runs: readonly RunUse[]): Promise<GarbageItem[]> {
  return Promise.all(
    runs.map(async ({ run, manifest }): Promise<GarbageItem> => {
      const why = manifest === undefined ? 'it never started' : 'not among the newest runs of its pipeline';
      const pipeline = pipelineOf(manifest);
      const bytes = await sizeOf(layout, runFiles(layout, run).folder);
      return { kind: 'run', name: run, bytes, why, ...(pipeline !== undefined && { pipeline }) };
    }),
  );
}

function bytesOf(digests: readonly string[], sizes: ReadonlyMap<string, number>): number {
  return digests.reduce((bytes, digest) => bytes + (sizes.get(digest) ?? 0), 0);
}

function sum(items: readonly GarbageItem[]): number {
  return items.reduce((bytes, item) => bytes + item.bytes, 0);
}
