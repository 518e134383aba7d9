import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
import { downloadModel } from '@retort/model-hub';
import { COMMIT, REPOSITORY, startHub } from '@retort/model-hub/testing';
import { expect, it, onTestFinished, vi } from 'vitest';

const disk = vi.hoisted(() => ({ free: 0 }));
vi.mock('node:fs/promises', async (load) => ({
  ...(await load<typeof import('node:fs/promises')>()),
  statfs: async () => ({ bavail: disk.free, bsize: 1 }),
}));

it('a file needs room for what is missing of it, and is resumed where there is', async () => {
  const weights = Buffer.alloc(300_000, 'weights ');
  const hub = await startHub({ 'model.safetensors': weights });
  const home = mkdtempSync(join(tmpdir(), 'retort-hub-'));
  onTestFinished(async () => {
    await hub.close();
    rmSync(home, { recursive: true });
  });
  const download = () =>
    downloadModel({ repository: REPOSITORY, commit: COMMIT, env: { HF_ENDPOINT: hub.url, HF_HUB_CACHE: home } });
  const refused = (missing: number) => ({
    code: 'HUB_NO_SPACE',
    message: expect.stringContaining(`needs ${missing} more bytes, but only ${missing - 1} are free in ${home}`),
  });

  disk.free = weights.length - 1;
  await expect(download()).rejects.toMatchObject(refused(weights.length));
  expect(hub.requests.filter((request) => request.includes('/resolve/'))).toEqual([]);

  const blobs = join(home, `models--${REPOSITORY.replace('/', '--')}`, 'blobs');
  writeFileSync(join(blobs, `${digestBytes(weights)}.incomplete`), weights.subarray(0, 100_000));
  const missing = weights.length - 100_000;
  disk.free = missing - 1;
  await expect(download()).rejects.toMatchObject(refused(missing));
  disk.free = missing;
  expect(readFileSync(join(await download(), 'model.safetensors')).equals(weights)).toBe(true);
  expect(hub.requests.at(-1)).toMatch(/ bytes=100000-$/);
});
