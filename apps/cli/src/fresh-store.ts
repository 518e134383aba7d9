import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, UsageError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import type { RunManifest } from '@retort/pipeline-runner';
import { resolvePath } from '@retort/pipeline-schema';
import { ArtifactStore } from '@retort/store';

/** A store in which a run is reproduced: nothing in it comes from anywhere else. */
export interface FreshStore {
  readonly store: ArtifactStore;
  /** Whether it goes away when the reproduction has ended well. */
  readonly isTemporary: boolean;
  readonly remove: () => Promise<void>;
}

/** Names the run that a folder belongs to, so that an interrupted reproduction goes on, and no other store is taken for one. */
const MARKER = 'reproduction.json';

/**
 * A temporary store, or one in the folder `into`, which has to be new, empty, or left over from reproducing the same run.
 *
 * @throws UsageError REPRODUCE_INTO
 */
export async function openFreshStore(
  manifest: RunManifest,
  { into, cwd }: { into: string | undefined; cwd: string },
): Promise<FreshStore> {
  if (into === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'retort-reproduce-'));
    const remove = () => rm(folder, { recursive: true, force: true });
    return { store: new ArtifactStore(folder), isTemporary: true, remove };
  }
  const folder = resolvePath(cwd, into);
  await claim(folder, digestJson({ run: manifest.run, pipeline: manifest.pipeline }));
  return { store: new ArtifactStore(folder), isTemporary: false, remove: async () => {} };
}

async function claim(folder: string, run: string): Promise<void> {
  await makeFolder(folder);
  const names = await readdir(folder);
  if (names.length === 0) {
    await writeFile(join(folder, MARKER), `${JSON.stringify({ run })}\n`);
    return;
  }
  const marker = await readFile(join(folder, MARKER), 'utf8').then(
    (text) => JSON.parse(text) as { run?: unknown },
    () => undefined,
  );
  if (marker?.run === run) return;
  throw new UsageError(
    'REPRODUCE_INTO',
    `${folder} is not empty, and it is not from an earlier reproduction of this run. Its contents could be mistaken for results. Give a new folder.`,
  );
}
