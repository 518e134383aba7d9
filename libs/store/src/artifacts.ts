import { chmod, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RetortError, StoreDamagedError } from '@retort/foundation/diagnostics';
import { digestFile, type TreeEntry } from '@retort/foundation/digest';
import { reach } from './fault-points.ts';
import { isAbsent, linkStatOf, statOf, syncPath, writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { digestOfListing, type Listing, listPlainFiles, readListingAt, totalBytes } from './listing.ts';
import { moveToQuarantine } from './quarantine.ts';
import { makeSharedFolder, shareTree } from './sharing.ts';
import { recallVerified, rememberVerified, stateOf, type TreeState } from './verified.ts';

export interface PublishedArtifact {
  readonly digest: string;
  readonly bytes: number;
}

/** Takes a folder into the store. Afterwards the folder is gone. */
export async function publish(layout: StoreLayout, folder: string): Promise<PublishedArtifact> {
  const { listing, states } = await seal(layout, folder);
  reach('store.sealed');
  const digest = digestOfListing(listing);
  // Asked first: a folder is moved in after its listing, so one that is there now and is not intact is damaged, not new.
  const wasThere = await exists(layout.artifact(digest));
  if (await isIntact(layout, digest)) {
    await rm(folder, { recursive: true });
    // As new as one that was not there yet: garbage collection leaves what was published lately to the run that did.
    await writeAtomically(layout, layout.listing(digest), JSON.stringify(listing));
  } else {
    if (wasThere) await setAside(layout, digest, 'damaged; replaced by an intact copy');
    await writeAtomically(layout, layout.listing(digest), JSON.stringify(listing));
    reach('store.listed');
    await moveInto(layout, folder, layout.artifact(digest));
    reach('store.moved');
    await rememberVerified(layout, layout.verified(digest), states);
  }
  return { digest, bytes: totalBytes(listing) };
}

/** Makes every file read-only and lasting, and lists it. */
async function seal(layout: StoreLayout, folder: string): Promise<{ listing: Listing; states: TreeState }> {
  const listing: TreeEntry[] = [];
  const states: Record<string, string> = {};
  await shareTree(layout, folder);
  for (const name of await listPlainFiles(folder)) {
    const path = join(folder, name);
    await syncPath(path);
    await chmod(path, (await stat(path)).mode & 0o444);
    states[name] = await stateOf(path);
    listing.push({ name, bytes: (await stat(path)).size, digest: await digestFile(path) });
  }
  if (listing.length === 0)
    throw new RetortError(
      'ARTIFACT_EMPTY',
      `Nothing was written to ${folder}, but an artifact needs at least one file.`,
    );
  return { listing, states };
}

/** Another process may publish the same artifact at the same time; whoever comes second has nothing left to do. */
async function moveInto(layout: StoreLayout, folder: string, target: string): Promise<void> {
  await makeSharedFolder(layout, dirname(target));
  try {
    await rename(folder, target);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await rm(folder, { recursive: true });
  }
  await syncPath(dirname(target));
}

/** Undefined when the listing is absent or damaged. */
export async function readListing(layout: StoreLayout, digest: string): Promise<Listing | undefined> {
  return readListingAt(layout.listing(digest), digest);
}

/** Present, and every file has its size. Reads no bytes: cheap enough for planning. */
export async function isPresent(layout: StoreLayout, digest: string): Promise<boolean> {
  const listing = await readListing(layout, digest);
  if (listing === undefined) return false;
  const folder = layout.artifact(digest);
  const folders = [...new Set(listing.flatMap(({ name }) => foldersOf(name)))].map((name) => join(folder, name));
  const isFolder = await Promise.all(folders.map(async (path) => (await linkStatOf(path))?.isDirectory()));
  const states = await Promise.all(listing.map(({ name }) => linkStatOf(join(folder, name))));
  return isFolder.every(Boolean) && listing.every(({ bytes }, i) => states[i]?.isFile() && states[i]?.size === bytes);
}

/** `a/b/c.txt`: '', 'a', 'a/b'. None of them may be a link. */
function foldersOf(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, i) => parts.slice(0, i).join('/'));
}

async function isIntact(layout: StoreLayout, digest: string): Promise<boolean> {
  if (!(await isPresent(layout, digest))) return false;
  return (await findDamage(layout, digest, { rehash: false })) === undefined;
}

/** @throws StoreDamagedError unless the stored bytes are the ones that the digest names */
export async function verify(layout: StoreLayout, digest: string, options: { rehash: boolean }): Promise<void> {
  const damage = await findDamage(layout, digest, options);
  if (damage === undefined) return;
  throw new StoreDamagedError(
    `The artifact ${digest} in ${layout.root} is damaged: ${damage}. Run again to quarantine and recompute it.`,
  );
}

/** What is wrong with a stored artifact; undefined when nothing is. Files not touched since they were hashed last are not hashed again. */
export async function findDamage(
  layout: StoreLayout,
  digest: string,
  { rehash }: { rehash: boolean },
): Promise<string | undefined> {
  const listing = await readListing(layout, digest);
  if (listing === undefined) return 'its listing is missing or belongs to another artifact';
  const folder = layout.artifact(digest);
  const names = await namesIn(folder);
  if (typeof names === 'string') return names;
  const surplus = names.find((name) => !listing.some((entry) => entry.name === name));
  if (surplus !== undefined) return `${surplus} does not belong to it`;
  const known = rehash ? {} : await recallVerified(layout.verified(digest));
  const states: Record<string, string> = {};
  for (const entry of listing) {
    if (!names.includes(entry.name)) return `${entry.name} is missing`;
    const path = join(folder, entry.name);
    const state = await stateOf(path);
    states[entry.name] = state;
    if (known[entry.name] === state) continue;
    const found = await digestFile(path);
    if (found !== entry.digest) return `${entry.name} hashes to ${found} instead of ${entry.digest}`;
  }
  const isNew = listing.some(({ name }) => known[name] !== states[name]);
  if (isNew) await rememberVerified(layout, layout.verified(digest), states);
  return undefined;
}

async function namesIn(folder: string): Promise<string[] | string> {
  if ((await linkStatOf(folder))?.isSymbolicLink()) return 'its folder is a link';
  try {
    return await listPlainFiles(folder);
  } catch (error) {
    if (isAbsent(error)) return 'its folder is missing';
    if (error instanceof RetortError) return error.message;
    throw error;
  }
}

/** Moves an artifact out of use, with a note that says why. Nothing to do when it is not there. */
export async function setAside(layout: StoreLayout, digest: string, why: string): Promise<void> {
  await moveToQuarantine(layout, digest, why, {
    files: layout.artifact(digest),
    'listing.json': layout.listing(digest),
  });
  await layout.refusals.remove(layout.verified(digest));
}

async function exists(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined;
}
