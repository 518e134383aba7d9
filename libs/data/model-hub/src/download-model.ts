import { rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics';
import { digestFile } from '@retort/foundation/digest';
import { type HubEnvironment, hubAddress, isOffline, type ModelPlaces, placesOf } from './cache.ts';
import { downloadFile, isRight } from './download-file.ts';
import { askedFor, digestOfFiles, type HubFile, listModelFiles, rememberedFiles } from './file-list.ts';
import { filesChanged, offline } from './hub-errors.ts';

export interface ModelDownload {
  readonly repository: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly env: HubEnvironment;
  /** What `modelDigest` has said: other files are not downloaded. */
  readonly digest?: string | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Where a model's files lie once they are there. */
export function modelFolder({ repository, commit, env }: Pick<ModelDownload, 'repository' | 'commit' | 'env'>): string {
  return placesOf(repository, commit, env).snapshot;
}

/**
 * Makes sure that the files of a model are there and right, and gives their folder. What is in the cache of
 * HuggingFace's own tools is used; what is not is downloaded into it. Needs no network once everything is there.
 *
 * @throws RetortError with a code HUB_…; nothing half-come is ever in the folder
 */
export async function downloadModel(download: ModelDownload): Promise<string> {
  const { repository, commit, env, digest, signal, onProgress } = download;
  const request = { asked: askedFor(download), env, signal };
  const files = await listModelFiles({ repository, commit }, request);
  if (digest !== undefined && digest !== digestOfFiles(files)) throw filesChanged(request.asked);
  const places = placesOf(repository, commit, env);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    const blob = join(places.blobs, file.digest.value);
    if (!(await isRight(blob, file))) {
      await rm(blob, { force: true });
      if (isOffline(env)) throw offline(request.asked);
      const url = `${hubAddress(env)}/${repository}/resolve/${commit}/${file.path}`;
      await downloadFile({
        file,
        url,
        blob,
        request,
        onBytes: (bytes) => onProgress?.({ done: before + bytes, total }),
      });
    }
    before += file.size;
    onProgress?.({ done: before, total });
    await link(places, file, blob);
  }
  return places.snapshot;
}

/** Whether all files are there, by their sizes: planning reads them only then, and asks nobody. */
export async function isDownloaded(model: Pick<ModelDownload, 'repository' | 'commit' | 'env'>): Promise<boolean> {
  const files = await rememberedFiles(model);
  if (files === undefined) return false;
  const folder = modelFolder(model);
  const sizes = files.map(({ path }) =>
    stat(join(folder, path)).then(
      ({ size }) => size,
      () => undefined,
    ),
  );
  return (await Promise.all(sizes)).every((size, i) => size === files[i]?.size);
}

/**
 * Copies the files of a model that was downloaded: those that the hub lists, and nothing that others have put beside them.
 *
 * @param to  a folder, which need not be there
 * @returns what `modelDigest` gives for them; undefined where a copy has other bytes than the hub lists
 */
export async function copyModel(
  { repository, commit, env }: Pick<ModelDownload, 'repository' | 'commit' | 'env'>,
  to: string,
): Promise<string | undefined> {
  const { snapshot } = placesOf(repository, commit, env);
  const files = (await rememberedFiles({ repository, commit, env })) ?? [];
  await makeFolder(to);
  for (const file of files) {
    const copyTo = join(to, file.path);
    await digestFile(join(snapshot, file.path), { copyTo });
    if (!(await isRight(copyTo, file))) return undefined;
  }
  return digestOfFiles(files);
}

async function link({ snapshot }: ModelPlaces, { path }: HubFile, blob: string): Promise<void> {
  const name = join(snapshot, path);
  await makeFolder(dirname(name));
  if (await isSameFile(name, blob)) return;
  await rm(name, { force: true });
  await symlink(relative(dirname(name), blob), name).catch((error: NodeJS.ErrnoException) => {
    // Another process was faster.
    if (error.code !== 'EEXIST') throw error;
  });
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return left !== undefined && left.ino === right?.ino && left.dev === right.dev;
}
