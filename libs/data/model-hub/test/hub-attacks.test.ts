import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadModel, modelDigest, modelFolder, resolveRevision } from '@retort/model-hub';
import { HUB_ATTACKS, SHORT_PATIENCE } from '@retort/model-hub/hub-attacks';
import { COMMIT, type HubServer, json, REPOSITORY, startHub } from '@retort/model-hub/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const TOKEN = 'hf_secret';
const FILES = {
  'config.json': Buffer.from('{"model_type": "bert"}'),
  'vocab.txt': Buffer.from('[PAD]\n[UNK]\n'),
  'model.safetensors': Buffer.alloc(100_000, 'weights '),
};

let hub: HubServer;
let other: HubServer;
let home: string;
let env: Record<string, string>;
beforeEach(async () => {
  [hub, other] = [await startHub(FILES), await startHub(FILES)];
  home = mkdtempSync(join(tmpdir(), 'retort-hub-'));
  env = { HF_ENDPOINT: hub.url, HF_HOME: home, HF_TOKEN: TOKEN, HF_HUB_DOWNLOAD_TIMEOUT: SHORT_PATIENCE };
});
afterEach(async () => {
  await Promise.all([hub.close(), other.close()]);
  rmSync(home, { recursive: true });
});
const model = () => ({ repository: REPOSITORY, commit: COMMIT, env });
const failure = (promise: Promise<unknown>): Promise<Error & { code?: string }> =>
  promise.then(
    () => Object.assign(new Error('nothing was refused'), { code: undefined }),
    (error) => error,
  );

describe('a hub that does harm', () => {
  it.each(HUB_ATTACKS.map((attack) => [attack.name, attack] as const))(
    '%s',
    async (_, { prepare, code }) => {
      prepare({ hub, other, files: FILES });
      const { code: found, message } = await failure(downloadModel(model()));
      expect(found, message).toBe(code);
      expect(message).not.toContain(TOKEN);
      expect(other.tokens).toEqual([]);
      const weights = join(modelFolder(model()), 'model.safetensors');
      expect(existsSync(weights)).toBe(code === undefined);
      if (code !== undefined) return;
      expect(readFileSync(weights).equals(FILES['model.safetensors'])).toBe(true);
      expect(readdirSync(modelFolder(model())).sort()).toEqual(Object.keys(FILES).sort());
    },
    30_000,
  );

  it('that has other weights for a commit has another digest, and is not mixed with the first', async () => {
    const digest = await modelDigest(model());
    expect(await modelDigest(model())).toBe(digest);
    expect(hub.requests).toHaveLength(1);
    const mirror = await startHub({ ...FILES, 'model.safetensors': Buffer.alloc(100_000, 'others ') });
    const elsewhere = { ...env, HF_ENDPOINT: mirror.url };
    const away = { ...model(), env: { ...elsewhere, HF_HOME: join(home, 'away') } };
    expect(await modelDigest(away)).not.toBe(digest);
    expect(await failure(downloadModel({ ...away, digest }))).toMatchObject({ code: 'HUB_CHANGED' });
    // In the cache of the first, its list holds.
    expect(await failure(downloadModel({ ...model(), env: elsewhere, digest }))).toMatchObject({
      code: 'HUB_CHECKSUM',
    });
    await mirror.close();
    await downloadModel({ ...model(), digest });
  });

  it('is asked again where nothing can be remembered', async () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const forgetful = { ...model(), env: { ...env, HF_HOME: file } };
    expect(await modelDigest(forgetful)).toBe(await modelDigest(forgetful));
    expect(hub.requests).toHaveLength(2);
  });

  it('names tags and branches as it likes', async () => {
    const resolved = (revision: string) => failure(resolveRevision({ repository: REPOSITORY, revision }, env));
    for (const value of [
      null,
      [],
      5,
      { tags: 5 },
      { tags: [null, 5, { name: 5 }] },
      { tags: [{ name: 'v1', targetCommit: '../x' }] },
    ]) {
      hub.misbehave('/refs', (response) => json(response, value));
      expect(await resolved('v1')).toMatchObject({ code: 'HUB_NOT_FOUND' });
    }
    hub.misbehave('/refs', (response) => json(response, { branches: [{ name: 'v1', targetCommit: '\u001b[31m' }] }));
    expect(await resolved('v1')).toMatchObject({ code: 'HUB_NOT_FOUND' });
  });
});

describe('what is sent to a hub', () => {
  it.each(['hf_a\nb', 'hf_a b', 'hf_\u00e9'])(
    'is no token that cannot be one, and it is not printed',
    async (token) => {
      const { code, message } = await failure(downloadModel({ ...model(), env: { ...env, HF_TOKEN: token } }));
      expect(code).toBe('HUB_UNAUTHORIZED');
      expect(message).not.toContain('hf_');
      expect(hub.requests).toEqual([]);
    },
  );

  it.each(['somewhere', 'file:///x', 'http://user:hf_secret@127.0.0.1', '//x'])(
    'goes to no address like %s',
    async (address) => {
      const { code, message } = await failure(downloadModel({ ...model(), env: { ...env, HF_ENDPOINT: address } }));
      expect(code).toBe('HUB_ADDRESS');
      expect(message).not.toContain('hf_secret');
    },
  );

  it('is not shown where another host refuses: its address may hold a signature', async () => {
    const path = `/${REPOSITORY}/resolve/${COMMIT}/config.json`;
    hub.misbehave(path, (response) => void response.writeHead(302, { location: `${other.url}/x?signature=abc` }).end());
    const { code, message } = await failure(downloadModel(model()));
    expect([code, message]).toEqual(['HUB_NOT_FOUND', expect.stringContaining(`(404 from ${other.url}/x)`)]);
    expect(hub.tokens).toHaveLength(2);
  });
});
