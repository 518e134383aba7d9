import { join } from 'node:path';
import { readListing } from '../artifacts.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { totalBytes } from '../listing.ts';
import { entriesOf } from '../walk.ts';

/** Bytes of a file, or of all files below a folder; 0 for what is not there. */
export async function sizeOf(layout: StoreLayout, path: string): Promise<number> {
  const status = await statOf(path);
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.size;
  const sizes = (await entriesOf(layout, path)).map(async (entry) =>
    entry.isSymbolicLink() ? 0 : sizeOf(layout, join(path, entry.name)),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** As its listing says, or what is there of one without. */
export async function artifactSize(layout: StoreLayout, digest: string): Promise<number> {
  const listing = await readListing(layout, digest);
  const listed = await sizeOf(layout, layout.listing(digest));
  return listed + (listing === undefined ? await sizeOf(layout, layout.artifact(digest)) : totalBytes(listing));
}
