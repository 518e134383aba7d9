import type { Beat, Claims } from '../claims.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { readPins } from '../pins.ts';
import { readPresence, type SeenPresence } from '../presence.ts';
import { isThisHost } from '../process-identity.ts';
import { beatOfRun, type RunState, runState } from '../run-state.ts';
import { listRuns, readManifest, runFiles, type StoredManifest } from '../runs.ts';

/** Keys and artifacts that something needs. */
export interface Uses {
  readonly keys: Set<string>;
  readonly artifacts: Set<string>;
}

export interface RunUse {
  readonly run: string;
  readonly state: RunState;
  /** Undefined for a run that never began, or whose manifest is damaged. */
  readonly manifest: StoredManifest | undefined;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** What goes on right now. */
export interface InFlight extends Uses {
  readonly claimed: ReadonlySet<string>;
  readonly runs: ReadonlySet<string>;
  /** Since when something has been going on, in milliseconds since 1970; undefined when nothing is. */
  readonly since: number | undefined;
  /** Whether processes of other machines take part, as far as anyone can tell. */
  readonly isShared: boolean;
}

/** The file system gives all files their times; on some that clients stamp, each machine's clock counts. */
const MOST_MILLISECONDS_CLOCKS_DIFFER = 3_600_000;

export function noUses(): Uses {
  return { keys: new Set(), artifacts: new Set() };
}

export function addManifest({ keys, artifacts }: Uses, manifest: StoredManifest | undefined): void {
  for (const { key, outputs = {}, keyDocument } of manifest?.stages ?? []) {
    if (key !== undefined) keys.add(key);
    for (const { digest } of Object.values(outputs)) artifacts.add(digest);
    for (const digest of Object.values(keyDocument?.inputs ?? {})) artifacts.add(digest);
  }
}

/** Newest first. Runs of other machines are watched for a sign of life, which may take seconds. */
export async function readRuns(layout: StoreLayout, claims: Claims): Promise<RunUse[]> {
  await claims.watch(() => beatsOfRuns(layout));
  const runs: RunUse[] = [];
  for (const run of await listRuns(layout)) {
    const { manifest: path, folder } = runFiles(layout, run);
    const changedAt = ((await statOf(path)) ?? (await statOf(folder)))?.mtimeMs ?? Date.now();
    runs.push({
      run,
      changedAt,
      state: await runState(layout, claims, run),
      manifest: await readManifest(layout, run),
    });
  }
  return runs;
}

export async function inFlight(layout: StoreLayout, claims: Claims, runs: readonly RunUse[]): Promise<InFlight> {
  const uses = noUses();
  const live = await claims.live();
  const going = runs.filter(({ state }) => state === 'alive');
  for (const { manifest } of going) addManifest(uses, manifest);
  for (const { key } of live) uses.keys.add(key);
  const presences = await presencesOf(
    layout,
    going.map(({ run }) => run),
  );
  const signs = [...live, ...presences.values()];
  const isShared = signs.some((sign) => !isThisHost('runner' in sign ? sign.runner : sign.holder));
  const starts = signs.map(({ begunAt, beatAt }) => (beatAt < begunAt ? Number.NEGATIVE_INFINITY : begunAt));
  return {
    ...uses,
    claimed: new Set(live.map(({ key }) => key)),
    runs: new Set(going.map(({ run }) => run)),
    since: starts.length === 0 ? undefined : Math.min(...starts) - (isShared ? MOST_MILLISECONDS_CLOCKS_DIFFER : 0),
    isShared,
  };
}

async function beatsOfRuns(layout: StoreLayout): Promise<Beat[]> {
  const presences = await presencesOf(layout, await listRuns(layout));
  return [...presences].map(([run, presence]) => beatOfRun(run, presence));
}

/** Of those runs that somebody carries out. Read one after the other, as claims are. */
async function presencesOf(layout: StoreLayout, runs: readonly string[]): Promise<Map<string, SeenPresence>> {
  const presences = new Map<string, SeenPresence>();
  for (const run of runs) {
    const presence = await readPresence(runFiles(layout, run).folder);
    if (presence !== undefined) presences.set(run, presence);
  }
  return presences;
}

/** What somebody named, by pins. A damaged pin names nothing any more; verifying tells. */
export async function pinned(
  layout: StoreLayout,
): Promise<{ runs: ReadonlySet<string>; artifacts: ReadonlySet<string>; count: number }> {
  const targets = [...(await readPins(layout)).values()].flatMap((pin) => (pin === undefined ? [] : [pin.target]));
  return {
    runs: new Set(targets.flatMap((target) => ('run' in target ? [target.run] : []))),
    artifacts: new Set(targets.flatMap((target) => ('artifact' in target ? [target.artifact] : []))),
    count: targets.length,
  };
}
