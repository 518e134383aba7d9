import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryStore } from './temporary-store.ts';

const KEY = 'c'.repeat(64);

test('checkpoints are kept for attempts with the same basis, and for no others', async () => {
  const store = temporaryStore();
  const isKept = async (basis?: string) => {
    const file = join(store.checkpointFolder(KEY), '000000000000001.checkpoint');
    writeFileSync(file, '');
    await store.createCheckpointFolder(KEY, basis);
    return existsSync(file);
  };
  await store.createCheckpointFolder(KEY);
  expect(await isKept()).toBe(true);
  // Those that say nothing of it may rest on anything.
  expect(await isKept('copies')).toBe(false);
  expect(await isKept('copies')).toBe(true);
  expect(await isKept('watched 1')).toBe(false);
  expect(await isKept('copies')).toBe(false);
});
