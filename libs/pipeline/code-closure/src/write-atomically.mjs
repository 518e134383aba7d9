import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@retort/foundation/diagnostics/make-folder';

/**
 * Whoever reads `path`, at any time, sees all of the old text or all of the new.
 *
 * @param {string} path
 * @param {string} text
 */
export async function writeAtomically(path, text) {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await makeFolder(dirname(path));
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
