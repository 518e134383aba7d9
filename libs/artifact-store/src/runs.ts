import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { randomSuffix, readJson, writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';

/** Sorts by time: `20250131T120000123Z-1a2b3c4d`. Never part of a key. */
export function newRunId(): string {
  return `${new Date().toISOString().slice(0, 23).replaceAll(/[-:.]/g, '')}Z-${randomSuffix()}`;
}

/** Where the files of one run lie. */
export interface RunFiles {
  readonly folder: string;
  readonly manifest: string;
  readonly events: string;
  /** `general-distill#student-train` logs to `general-distill.student-train.log`. */
  readonly log: (stage: string) => string;
}

export function runFiles(layout: StoreLayout, run: string): RunFiles {
  if (!/^[\w-]+$/.test(run)) throw new RetortError('STORE_BAD_RUN', `Not the name of a run: ${JSON.stringify(run)}.`);
  const folder = join(layout.runs, run);
  return {
    folder,
    manifest: join(folder, 'manifest.json'),
    events: join(folder, 'events.jsonl'),
    log: (stage) => join(folder, 'logs', `${stage.replaceAll(/[^\w-]/g, '.')}.log`),
  };
}

export async function createRun(layout: StoreLayout, run: string): Promise<RunFiles> {
  const files = runFiles(layout, run);
  await mkdir(join(files.folder, 'logs'), { recursive: true });
  return files;
}

export async function writeManifest(layout: StoreLayout, run: string, manifest: unknown): Promise<void> {
  await writeAtomically(runFiles(layout, run).manifest, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

export function readManifest(layout: StoreLayout, run: string): Promise<unknown> {
  return readJson(runFiles(layout, run).manifest);
}

/** Newest first. */
export async function listRuns(layout: StoreLayout): Promise<string[]> {
  const names = await readdir(layout.runs).catch(() => [] as string[]);
  return names
    .filter((name) => /^\d{8}T\d{9}Z-[0-9a-f]+$/.test(name))
    .sort()
    .reverse();
}
