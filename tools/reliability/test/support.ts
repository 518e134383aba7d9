import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, carryOut, type SuiteContext } from '@retort/lab';
import { afterAll, expect, type TestContext } from 'vitest';

/** With a folder that goes away after the tests of the file. */
export function contextForTests(more: Partial<SuiteContext> = {}): SuiteContext {
  const scratchFolder = mkdtempSync(join(tmpdir(), 'retort-suites-'));
  afterAll(() => rmSync(scratchFolder, { recursive: true, force: true }));
  const workspace = join(import.meta.dirname, '../../..');
  return { workspace, scratchFolder, seed: 1, startedAt: performance.now(), say: () => {}, ...more };
}

/** Skips the test, with the reason, where a case cannot be tried here. */
export async function expectHeld(cases: readonly Case[], context?: TestContext): Promise<void> {
  expect(cases).not.toEqual([]);
  for (const each of cases) {
    const result = await carryOut(each);
    if (result.status === 'skipped') context?.skip(result.detail);
    expect(result).toMatchObject({ status: 'held' });
  }
}
