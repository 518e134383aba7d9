import type { Claims } from '../claims.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { readPins } from '../pins.ts';
import { readPresence } from '../presence.ts';
import { isThisHost } from '../process-identity.ts';
import { type RunState, runState } from '../run-state.ts';
import { listRuns, readManifest, runFiles } from '../runs.ts';

/** Keys and artifacts that something needs. */
export interface Uses {
  readonly keys: Set<string>;
  readonly artifacts: Set<string>;
}

export interface RunUse {
  readonly run: string;
  readonly state: RunState;
  /** Undefined for a run that never began, or whose manifest is damaged. */
  readonly manifest: unknown;
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

/** Starts are told by the clock of each machine, files by that of the file system. */
const MOST_MILLISECONDS_CLOCKS_DIFFER = 3_600_000;

export function noUses(): Uses {
  return { keys: new Set(), artifacts: new Set() };
}

/** The part of a manifest that says what its run uses. Whatever else it holds is not the store's business. */
interface StageUse {
  readonly key?: unknown;
  readonly outputs?: Readonly<Record<string, { readonly digest?: unknown }>>;
  readonly keyDocument?: { readonly inputs?: Readonly<Record<string, unknown>> };
}

export function addManifest({ keys, artifacts }: Uses, manifest: unknown): void {
  const { stages } = (manifest ?? {}) as { stages?: readonly StageUse[] };
  for (const { key, outputs = {}, keyDocument } of Array.isArray(stages) ? (stages as readonly StageUse[]) : []) {
    if (typeof key === 'string') keys.add(key);
    const digests = [
      ...Object.values(outputs).map(({ digest }) => digest),
      ...Object.values(keyDocument?.inputs ?? {}),
    ];
    for (const digest of digests) if (typeof digest === 'string') artifacts.add(digest);
  }
}

/** Newest first. */
export async function readRuns(layout: StoreLayout, claims: Claims): Promise<RunUse[]> {
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
  const owners = [...live.map(({ holder }) => holder), ...(await runnersOf(layout, going))];
  const isShared = owners.some((owner) => !isThisHost(owner));
  const starts = [...live.map(({ holder }) => Date.parse(holder.since)), ...going.map(({ run }) => startOf(run))];
  return {
    ...uses,
    claimed: new Set(live.map(({ key }) => key)),
    runs: new Set(going.map(({ run }) => run)),
    since: starts.length === 0 ? undefined : Math.min(...starts) - (isShared ? MOST_MILLISECONDS_CLOCKS_DIFFER : 0),
    isShared,
  };
}

async function runnersOf(layout: StoreLayout, runs: readonly RunUse[]) {
  const presences = await Promise.all(runs.map(({ run }) => readPresence(runFiles(layout, run).folder)));
  return presences.flatMap((presence) => (presence === undefined ? [] : [presence.runner]));
}

/** A run's id begins with when it started. */
function startOf(run: string): number {
  const [, date, hours, minutes, seconds, milliseconds] = /^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(run) ?? [];
  const day = `${date?.slice(0, 4)}-${date?.slice(4, 6)}-${date?.slice(6)}`;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}.${milliseconds}Z`);
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
