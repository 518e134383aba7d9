import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * A bundle as its file holds it.
 *
 * @param {string} code
 * @param {string} digest  of `code`
 */
export function bundleText(code, digest) {
  return `${code}${ending(digest)}`;
}

/** @param {string} digest */
function ending(digest) {
  return `\n//# sourceMappingURL=${digest}.mjs.map\n`;
}

/**
 * Whether a file holds the bundle of this digest, to the byte.
 *
 * @param {string} path
 * @param {string} digest
 */
export async function isIntactBundle(path, digest) {
  const text = await readFile(path).catch(() => undefined);
  const end = Buffer.from(ending(digest));
  if (text === undefined || text.length < end.length || !text.subarray(-end.length).equals(end)) return false;
  return createHash('sha256').update(text.subarray(0, -end.length)).digest('hex') === digest;
}
