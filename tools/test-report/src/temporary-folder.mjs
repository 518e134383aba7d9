// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'retort-tests-'));

/** For vitest: what tests, and the processes that they start, put into the temporary folder goes away with the run. */
export function setup() {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
}

export function teardown() {
  rmSync(folder, { recursive: true, force: true });
}
