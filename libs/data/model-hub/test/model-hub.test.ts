import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  copyModel,
  downloadModel,
  isDownloaded,
  modelDigest,
  modelFolder,
  parseHubReference,
  resolveRevision,
} from '@retort/model-hub';
import { COMMIT, type HubServer, REPOSITORY, refuse, startHub } from '@retort/model-hub/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const WEIGHTS = Buffer.alloc(300_000, 'weights ');
const FILES = {
  'config.json': Buffer.from('{"model_type": "bert"}'),
  'vocab.txt': Buffer.from('[PAD]\n[UNK]\n'),
  'model.safetensors': WEIGHTS,
  'pytorch_model.bin': Buffer.from('never asked for'),
  'README.md': Buffer.from('# nor this'),
};

let hub: HubServer;
let home: string;
let env: Record<string, string>;
beforeEach(async () => {
  hub = await startHub(FILES);
  home = mkdtempSync(join(tmpdir(), 'retort-hub-'));
  env = { HF_ENDPOINT: hub.url, HF_HOME: home };
});
afterEach(async () => {
  await hub.close();
  rmSync(home, { recursive: true });
});

const model = () => ({ repository: REPOSITORY, commit: COMMIT, env });
const download = () => downloadModel(model());
const blobs = () => join(home, 'hub', 'models--someone--tiny-bert', 'blobs');
const stored = () => (existsSync(blobs()) ? readdirSync(blobs()).sort() : []);
const failure = (promise: Promise<unknown>): Promise<{ code: string; message: string }> =>
  promise.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error) => ({ code: error.code, message: error.message.replaceAll(hub.url, 'http://hub') }),
  );
const asked = () => hub.requests.filter((request) => request.includes('/resolve/'));

describe('a model is downloaded', () => {
  it('once, its weights and what belongs to them and nothing else', async () => {
    const folder = await download();
    expect(folder).toBe(modelFolder(model()));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'vocab.txt']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(await isDownloaded(model())).toBe(true);
    const before = hub.requests.length;
    await download();
    expect(hub.requests.length).toBe(before);
  });

  it('and is there without network', async () => {
    expect(await isDownloaded(model())).toBe(false);
    const folder = await download();
    await hub.close();
    expect(await download()).toBe(folder);
    env['HF_HUB_OFFLINE'] = '1';
    expect(await download()).toBe(folder);
    hub = await startHub(FILES);
  });

  it('with its progress', async () => {
    const seen: number[] = [];
    await downloadModel({ ...model(), onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
    expect(seen.length).toBeGreaterThan(3);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  it('and copied: its own files, if they are what the hub lists', async () => {
    const folder = await download();
    writeFileSync(join(folder, 'added_tokens.json'), '{"of another tool": 1}');
    const copy = join(home, 'copy');
    expect(await copyModel(model(), copy)).toBe(await modelDigest(model()));
    expect(readdirSync(copy).sort()).toEqual(['config.json', 'model.safetensors', 'vocab.txt']);
    rmSync(join(folder, 'vocab.txt'));
    writeFileSync(join(folder, 'vocab.txt'), '[PAD]\n[MSK]\n');
    expect(await copyModel(model(), join(home, 'again'))).toBeUndefined();
  });

  it('going on where an earlier try has stopped', async () => {
    hub.misbehave('model.safetensors', (response, content) => (halfOf(response, content), true));
    expect(await failure(download())).toMatchObject({ code: 'HUB_INCOMPLETE' });
    expect(stored().filter((name) => name.endsWith('.incomplete'))).toHaveLength(1);
    expect(existsSync(join(modelFolder(model()), 'model.safetensors'))).toBe(false);
    const other = await startHub(FILES);
    env['HF_ENDPOINT'] = other.url;
    await download();
    const ranges = other.requests.filter((request) => request.includes('model.safetensors'));
    expect(ranges).toHaveLength(1);
    expect(ranges[0]).toMatch(/ bytes=[1-9]\d+-$/);
    await other.close();
    expect(stored().some((name) => name.includes('incomplete'))).toBe(false);
  });

  it('from its beginning when the server knows no ranges', async () => {
    hub.misbehave('model.safetensors', (response, content) => {
      hub.misbehave('model.safetensors', (again) => void again.writeHead(200).end(content));
      halfOf(response, content);
    });
    const folder = await download();
    expect(readFileSync(join(folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('after a server that asked to wait', async () => {
    hub.misbehave('config.json', (response) => refuse(response, 429, undefined, { 'retry-after': '0' }));
    await download();
    expect(asked().filter((request) => request.includes('config.json'))).toHaveLength(2);
  });

  it('again where a file in the cache is damaged', async () => {
    const folder = await download();
    const path = join(folder, 'vocab.txt');
    writeFileSync(path, '[PAD]\n[BAD]\n');
    await download();
    expect(readFileSync(path, 'utf8')).toBe('[PAD]\n[UNK]\n');
  });

  it('with the token that the user has', async () => {
    let sent: string | undefined;
    hub.misbehave('config.json', (response, content, request) => {
      sent = request.headers.authorization;
      response.writeHead(200).end(content);
    });
    env['HF_TOKEN'] = 'hf_secret';
    await download();
    expect(sent).toBe('Bearer hf_secret');
  });

  it('until somebody stops it', async () => {
    const stopping = new AbortController();
    hub.misbehave('model.safetensors', (response, content) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length }).write(content?.subarray(0, 1000));
      setTimeout(() => stopping.abort(), 50);
    });
    await expect(downloadModel({ ...model(), signal: stopping.signal })).rejects.toThrow();
    expect(stored().filter((name) => name.endsWith('.incomplete'))).toHaveLength(1);
  });
});

/** The connection breaks in the middle. */
async function keptBytes(count: number): Promise<void> {
  const isKept = (name: string) => name.includes('.incomplete') && statSync(join(blobs(), name)).size === count;
  for (let waited = 0; waited < 5000 && !stored().some(isKept); waited += 5) await sleep(5);
}

let sent = 100_000;

/** Not the same half twice, so that it can be told that it has come: what has not been read is lost when a connection breaks. */
function halfOf(response: Parameters<Parameters<HubServer['misbehave']>[1]>[0], content: Buffer | undefined): void {
  const bytes = ++sent;
  response.writeHead(200, { 'content-length': WEIGHTS.length });
  response.write(content?.subarray(0, bytes), () => void keptBytes(bytes).then(() => response.destroy()));
}

describe('a hub that does not give a model', () => {
  const refused = async (path: string, status: number, reason?: string, headers?: Record<string, string>) => {
    hub.misbehave(path, (response) => (refuse(response, status, reason, headers), true));
    const { code, message } = await failure(download());
    expect(existsSync(join(modelFolder(model()), 'model.safetensors'))).toBe(false);
    return `${code} ${message}`;
  };
  const tree = `/tree/${COMMIT}`;

  it('is told apart by its answer, with nothing stored', async () => {
    expect(await refused(tree, 404, 'RepoNotFound')).toMatchInlineSnapshot(
      `"HUB_NOT_FOUND The hub has no such model or revision: someone/tiny-bert@c0ffee000000 (404 from http://hub/api/models/someone/tiny-bert/tree/c0ffee0000000000000000000000000000000001?recursive=false&expand=false). Check the spelling; a private model needs HF_TOKEN."`,
    );
    expect(await refused(tree, 404, 'RevisionNotFound')).toMatchInlineSnapshot(
      `"HUB_NOT_FOUND The hub has no such revision: someone/tiny-bert@c0ffee000000 (404 from http://hub/api/models/someone/tiny-bert/tree/c0ffee0000000000000000000000000000000001?recursive=false&expand=false). Check the spelling; a private model needs HF_TOKEN."`,
    );
    expect(await refused(tree, 401, 'GatedRepo')).toMatchInlineSnapshot(
      `"HUB_UNAUTHORIZED The hub denies access to someone/tiny-bert@c0ffee000000 (401 from http://hub/api/models/someone/tiny-bert/tree/c0ffee0000000000000000000000000000000001?recursive=false&expand=false). Set HF_TOKEN to a token with access. If the model has terms of use, accept them on its page first."`,
    );
    expect(await refused(tree, 401, 'RepoNotFound')).toMatchInlineSnapshot(
      `"HUB_NOT_FOUND The hub has no such model or revision: someone/tiny-bert@c0ffee000000 (401 from http://hub/api/models/someone/tiny-bert/tree/c0ffee0000000000000000000000000000000001?recursive=false&expand=false). Check the spelling; a private model needs HF_TOKEN."`,
    );
    expect(await refused(tree, 429, undefined, { 'retry-after': '3600' })).toMatchInlineSnapshot(
      `"HUB_RATE_LIMITED The hub refuses further requests for someone/tiny-bert@c0ffee000000 for now (429), and asks you to wait 3600 seconds. Run again later to resume, or set HF_TOKEN, which raises the limit."`,
    );
    expect(stored()).toEqual([]);
  });

  it('also in the middle of its files', async () => {
    expect(await refused('/model.safetensors', 403)).toMatchInlineSnapshot(
      `"HUB_UNAUTHORIZED The hub denies access to someone/tiny-bert@c0ffee000000 (403 from http://hub/someone/tiny-bert/resolve/c0ffee0000000000000000000000000000000001/model.safetensors). Set HF_TOKEN to a token with access. If the model has terms of use, accept them on its page first."`,
    );
    expect(await refused('/model.safetensors', 503, undefined, { 'retry-after': '0' })).toMatchInlineSnapshot(
      `"HUB_UNAVAILABLE The hub cannot send someone/tiny-bert@c0ffee000000 now (503 from http://hub/someone/tiny-bert/resolve/c0ffee0000000000000000000000000000000001/model.safetensors). Run again later to resume."`,
    );
  });

  it('may not be there at all', async () => {
    env['HF_ENDPOINT'] = 'http://127.0.0.1:1';
    const { code, message } = await failure(download());
    expect(`${code} ${message}`).toMatchInlineSnapshot(
      `"HUB_UNREACHABLE The hub could not be reached for someone/tiny-bert@c0ffee000000 at http://127.0.0.1:1/api/models/someone/tiny-bert/tree/c0ffee0000000000000000000000000000000001?recursive=false&expand=false: bad port. Check the network and HF_ENDPOINT, or give the path of a local copy of the model."`,
    );
    env['HF_HUB_OFFLINE'] = '1';
    expect((await failure(download())).code).toBe('HUB_OFFLINE');
  });

  it('may give other bytes than it lists, which are thrown away', async () => {
    hub.misbehave(
      'model.safetensors',
      (response) => void response.writeHead(200).end(Buffer.alloc(WEIGHTS.length, 'x')),
    );
    const { code, message } = await failure(download());
    expect(`${code} ${message}`.replace(/[0-9a-f]{64}/, '…')).toMatchInlineSnapshot(
      `"HUB_CHECKSUM The bytes of model.safetensors of someone/tiny-bert@c0ffee000000 do not match the hub's SHA-256 …, so they were deleted. Run again. If this repeats, a proxy may be changing the file."`,
    );
    expect(stored().some((name) => name.includes('incomplete'))).toBe(false);
    expect(await download()).toBe(modelFolder(model()));
  });

  it('may have the weights in another format only', async () => {
    await hub.close();
    const { 'model.safetensors': _, ...others } = FILES;
    hub = await startHub(others);
    env['HF_ENDPOINT'] = hub.url;
    const { code, message } = await failure(download());
    expect(`${code} ${message}`).toMatchInlineSnapshot(
      `"HUB_NO_SAFETENSORS someone/tiny-bert@c0ffee000000 has weights only as pytorch_model.bin, but Retort reads model.safetensors. Choose a revision that has it. Or download the folder and give its path: import-model then names the command that converts it."`,
    );
  });
});

describe('a revision', () => {
  const resolved = (revision: string) => resolveRevision({ repository: REPOSITORY, revision }, env);

  it('that is a commit needs nobody', async () => {
    expect(await resolved(COMMIT)).toBe(COMMIT);
    expect(hub.requests).toEqual([]);
  });

  it('that is a tag is asked for once', async () => {
    expect(await resolved('v1.0')).toBe(COMMIT);
    await hub.close();
    expect(await resolved('v1.0')).toBe(COMMIT);
    hub = await startHub(FILES);
  });

  it('that moves, or is not there, is refused', async () => {
    const message = async (revision: string) => (await failure(resolved(revision))).message;
    expect(await message('main')).toMatchInlineSnapshot(
      `""main" is a branch of someone/tiny-bert, and branches move. Write its current commit instead: hf:someone/tiny-bert@c0ffee0000000000000000000000000000000001."`,
    );
    expect(await message('v2')).toMatchInlineSnapshot(
      `"someone/tiny-bert has no tag "v2". Its tags: v1.0. A commit has 40 hexadecimal digits."`,
    );
  });
});

describe('a reference', () => {
  it.each(['hf:someone/tiny-bert@v1.0', `hf:bert-base-uncased@${COMMIT}`])('%s is read', (text) => {
    expect(parseHubReference(text)).toHaveProperty('repository');
  });

  it.each(['hf:', 'hf:a/b/c@v1', 'hf:../b@v1', 'hf:a/b@', 'hf:a/b@v1@v2', 'hf:a b@v1', 'hf:a/b@../../x'])(
    '%s is not',
    (text) => {
      expect(parseHubReference(text)).toMatchObject({ code: 'PIPELINE_HUB_REFERENCE' });
    },
  );

  it('without a revision is refused with what to write', () => {
    expect(parseHubReference('hf:bert-base-uncased')).toMatchInlineSnapshot(`
      {
        "code": "PIPELINE_HUB_REFERENCE",
        "message": ""hf:bert-base-uncased" has no revision, so the model could change. Write "hf:bert-base-uncased@" followed by a tag, or by a commit of 40 digits. The model's page lists its commits under "Files".",
      }
    `);
  });
});
