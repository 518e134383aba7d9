// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * For vitest: what tests, and the processes that they start, put into the temporary folder goes away with the run.
 *
 * @returns {() => void} what vitest calls at the end
 */
export default function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'retort-tests-'));
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
