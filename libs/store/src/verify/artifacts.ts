import * as artifacts from '../artifacts.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { totalBytes } from '../listing.ts';
import type { Finding } from './finding.ts';

/** @param isNamed  whether some record names it; without, half an artifact is what a crash left, and no damage */
export async function checkArtifact(
  layout: StoreLayout,
  digest: string,
  isNamed: boolean,
): Promise<{ finding?: Finding; bytes: number }> {
  const [folder, listing] = [await statOf(layout.artifact(digest)), await statOf(layout.listing(digest))];
  const isHalf = folder === undefined || listing === undefined;
  if (isHalf && !isNamed) return { bytes: 0 };
  if (folder === undefined && listing === undefined) return { bytes: 0 };
  const damage = await artifacts.findDamage(layout, digest, { rehash: true });
  if (damage === undefined) return { bytes: totalBytes((await artifacts.readListing(layout, digest)) ?? []) };
  const finding: Finding = {
    kind: 'artifact',
    name: digest,
    path: layout.artifact(digest),
    damage,
    advice: 'It will not be used. Its stage runs again when the output is needed.',
    setAside: () => artifacts.setAside(layout, digest, damage),
  };
  return { finding, bytes: 0 };
}
