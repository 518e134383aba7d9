import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { randomSuffix } from './random-suffix.ts';
import { makeSharedFolder } from './sharing.ts';
import { hasChecksum, readStored } from './stored.ts';
import { entriesOf } from './walk.ts';

/** Sorts by time: `20250131T120000123Z-1a2b3c4d`. Never part of a key. */
export function newRunId(): string {
  return `${new Date().toISOString().slice(0, 23).replaceAll(/[-:.]/g, '')}Z-${randomSuffix()}`;
}

/** `task-distill:no-attention`. */
export function nameWithVariant({
  name,
  variant,
}: {
  readonly name: string;
  readonly variant?: string | undefined;
}): string {
  return variant === undefined ? name : `${name}:${variant}`;
}

/** The part of a manifest that says what its run made and uses. Whatever else it holds is not the store's business. */
export interface StoredManifest {
  readonly pipeline?: {
    readonly name: string;
    readonly variant?: string;
    readonly stages?: readonly { readonly id: string; readonly cells?: readonly string[] }[];
  };
  readonly stages?: readonly {
    readonly id: string;
    readonly status?: string;
    readonly key?: string;
    readonly outputs?: Readonly<Record<string, { readonly digest: string }>>;
    readonly keyDocument?: { readonly inputs?: Readonly<Record<string, string>> };
  }[];
}

/** Where the files of one run lie. */
export interface RunFiles {
  readonly folder: string;
  readonly manifest: string;
  readonly events: string;
  /** Beside the events, to tell damage: see `EventLog`. */
  readonly sums: string;
  /** `general-distill#student-train` logs to `general-distill.student-train.log`. */
  readonly log: (stage: string) => string;
}

export function runFiles(layout: StoreLayout, run: string): RunFiles {
  if (!/^[\w-]+$/.test(run)) throw new RetortError('STORE_BAD_RUN', `Not a run id: ${JSON.stringify(run)}.`);
  const folder = join(layout.runs, run);
  return {
    folder,
    manifest: join(folder, 'manifest.json'),
    events: join(folder, 'events.jsonl'),
    sums: join(folder, 'events.sums'),
    log: (stage) => join(folder, 'logs', `${stage.replaceAll(/[^\w-]/g, '.')}.log`),
  };
}

export async function createRun(layout: StoreLayout, run: string): Promise<RunFiles> {
  const files = runFiles(layout, run);
  await makeSharedFolder(layout, join(files.folder, 'logs'));
  return files;
}

export async function writeManifest(layout: StoreLayout, run: string, manifest: unknown): Promise<void> {
  // As it will be read: without members that JSON does not have.
  const plain = JSON.parse(JSON.stringify(manifest)) as object;
  const text = JSON.stringify({ ...plain, checksum: digestJson({ run, manifest: plain }) }, undefined, 2);
  await writeAtomically(layout, runFiles(layout, run).manifest, `${text}\n`);
}

/** Without its checksum; undefined unless it is whole and this run's own: the checksum is of the run's name too. */
export async function readManifest(layout: StoreLayout, run: string): Promise<StoredManifest | undefined> {
  const stored = await readStored('manifest', runFiles(layout, run).manifest);
  if (stored === undefined) return undefined;
  const { checksum, ...manifest } = stored;
  return hasChecksum({ run, manifest }, checksum) ? manifest : undefined;
}

/** Newest first. */
export async function listRuns(layout: StoreLayout): Promise<string[]> {
  const folders = (await entriesOf(layout, layout.runs)).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => name)
    .filter(isRunId)
    .sort()
    .reverse();
}

export function isRunId(name: string): boolean {
  return /^\d{8}T\d{9}Z-[0-9a-f]+$/.test(name);
}
