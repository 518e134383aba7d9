import { readFile } from 'node:fs/promises';
import { StoreDamagedError, suggestion, UsageError } from '@retort/foundation/diagnostics';
import { parseManifest, problemsOfManifest } from '@retort/pipeline-comparison';
import type { RunManifest } from '@retort/pipeline-runner';
import { displayPath, resolvePath } from '@retort/pipeline-schema';
import { type ArtifactStore, nameWithVariant } from '@retort/store';
import { readTarget } from './target.ts';

/** Undefined for a manifest that is gone or damaged. A run whose process is gone without an end of its own was killed. */
export async function readManifest(store: ArtifactStore, run: string): Promise<RunManifest | undefined> {
  // Before the manifest: whoever ends by itself says so there first, and leaves then.
  const state = await store.runState(run);
  const found = await store.readManifest(run);
  if (problemsOfManifest(found).length > 0) return undefined;
  const manifest = found as RunManifest;
  return manifest.status === 'running' && state !== 'alive' ? { ...manifest, status: 'killed' } : manifest;
}

/**
 * The run of an id, the last one by default.
 *
 * @throws UsageError SHOW_NO_RUNS, SHOW_UNKNOWN_RUN; StoreDamagedError
 */
async function findRun(wanted: string | undefined, store: ArtifactStore): Promise<RunManifest> {
  const runs = await store.listRuns();
  const id = wanted ?? runs[0];
  if (id === undefined) throw noRuns(store);
  if (!runs.includes(id)) throw unknownRun(id, runs, store);
  const manifest = await readManifest(store, id);
  if (manifest === undefined) throw damagedRun(id, store);
  return manifest;
}

/**
 * The run of an id, the last one by default, or the manifest in a file, as `show --json` prints it.
 *
 * @throws UsageError SHOW_UNKNOWN_RUN, MANIFEST_NOT_FOUND; InvalidInputError MANIFEST_INVALID
 */
export async function findRunOrFile(text: string | undefined, store: ArtifactStore, cwd: string): Promise<RunManifest> {
  return text !== undefined && isFile(text) ? readManifestFile(text, cwd) : findRun(text, store);
}

/**
 * The run that a person means by its id, a manifest's file, or a pipeline with or without `:variant`, whose newest run it
 * is: the newest that is done, if there is one.
 *
 * @throws UsageError SHOW_UNKNOWN_RUN, COMPARE_NO_RUN, MANIFEST_NOT_FOUND; InvalidInputError MANIFEST_INVALID
 */
export async function findRunOrNewest(text: string, store: ArtifactStore, cwd: string): Promise<RunManifest> {
  const runs = await store.listRuns();
  if (runs.length === 0 && !isFile(text)) throw noRuns(store);
  if (isRunId(text)) return findRun(text, store);
  const { pipeline, variant } = readTarget(text);
  if (isOfRun(text)) return readManifestFile(text, cwd);
  const found: RunManifest[] = [];
  for (const id of runs) {
    const manifest = await readManifest(store, id);
    if (manifest === undefined || !isOf(manifest, pipeline, cwd) || manifest.pipeline.variant !== variant) continue;
    if (manifest.status === 'done') return manifest;
    found.push(manifest);
  }
  if (found[0] !== undefined) return found[0];
  const names = (await Promise.all(runs.map((id) => readManifest(store, id)))).flatMap((manifest) =>
    manifest === undefined ? [] : [nameWithVariant(manifest.pipeline)],
  );
  throw new UsageError(
    'COMPARE_NO_RUN',
    `No run in ${store.root} belongs to "${text}".${suggestion(text, [...new Set(names)])} See retort show --list, or add --planned to compare pipelines that have not run.`,
  );
}

/** Whether a text names a run, by its id or its manifest's file, and not a pipeline. */
export function isOfRun(text: string): boolean {
  const { pipeline } = readTarget(text);
  return isRunId(text) || (isFile(pipeline) && !pipeline.endsWith('.pipeline.json'));
}

function isRunId(text: string): boolean {
  return /^\d{8}T\d{9}Z-/.test(text);
}

function isOf({ pipeline }: RunManifest, wanted: string, cwd: string): boolean {
  return isFile(wanted) ? pipeline.file === resolvePath(cwd, wanted) : pipeline.name === wanted;
}

function isFile(text: string): boolean {
  return /[\\/]/.test(text) || text.endsWith('.json');
}

async function readManifestFile(file: string, cwd: string): Promise<RunManifest> {
  const path = resolvePath(cwd, file);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'There is no such file' : `The file cannot be read: ${cause.message}`;
    throw new UsageError('MANIFEST_NOT_FOUND', `${displayPath(path, cwd)} should be a run manifest. ${why}.`, {
      cause,
    });
  });
  return parseManifest(text, displayPath(path, cwd));
}

function noRuns(store: ArtifactStore): UsageError {
  return new UsageError(
    'SHOW_NO_RUNS',
    `There are no runs in ${store.root} yet. Start one with: retort run <pipeline>`,
  );
}

function damagedRun(id: string, store: ArtifactStore): StoreDamagedError {
  return new StoreDamagedError(
    `The manifest of run ${id} in ${store.root} is missing, damaged, or from another version. The results of the run are still in the store. See: retort verify --dry-run`,
  );
}

function unknownRun(id: string, runs: readonly string[], store: ArtifactStore): UsageError {
  return new UsageError(
    'SHOW_UNKNOWN_RUN',
    `There is no run "${id}" in ${store.root}.${suggestion(id, runs)} See: retort show --list`,
  );
}
