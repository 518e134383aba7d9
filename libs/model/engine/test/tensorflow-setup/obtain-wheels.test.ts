import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { obtainWheels } from '../../src/tensorflow-setup/obtain-wheels.ts';
import { serveIndex } from './support/package-index.ts';

const FILE = 'demo-1.0-py3-none-any.whl';
const BODY = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const WHEEL = {
  project: 'demo',
  file: FILE,
  bytes: BODY.length,
  sha256: createHash('sha256').update(BODY).digest('hex'),
};

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-wheels-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function index(behaviour: Partial<Parameters<typeof serveIndex>[0]> = {}) {
  const served = await serveIndex({ files: { [FILE]: BODY }, ...behaviour });
  onTestFinished(served.close);
  return served;
}

const obtain = (folder: string, more: Partial<Parameters<typeof obtainWheels>[0]>) =>
  obtainWheels({ wheels: [WHEEL], given: [], folder, ...more });

test.each(['json', 'html'] as const)('finds and fetches a wheel through a %s page, once', async (form) => {
  const folder = temporary();
  const { url, requests } = await index({ form });
  for (let i = 0; i < 2; i++) expect(await obtain(folder, { index: url })).toEqual([join(folder, FILE)]);
  expect(readFileSync(join(folder, FILE)).equals(BODY)).toBe(true);
  expect(requests).toEqual(['GET /simple/demo/', `GET /files/${FILE}`]);
});

test('goes on where a connection broke off', async () => {
  const folder = temporary();
  const part = join(folder, `${FILE}.part`);
  const once = () => vi.waitFor(() => expect(statSync(part).size).toBeGreaterThan(0));
  const { url, requests } = await index({ breaks: { after: 100_000, once } });
  await obtain(folder, { index: url });
  expect(readFileSync(join(folder, FILE)).equals(BODY)).toBe(true);
  expect(requests.at(-1)).toMatch(/^GET \/files\/demo-1\.0-py3-none-any\.whl bytes=\d+-$/);
});

test('goes on where an earlier set-up was stopped', async () => {
  const folder = temporary();
  writeFileSync(join(folder, `${FILE}.part`), BODY.subarray(0, 123_456));
  const { url, requests } = await index();
  await obtain(folder, { index: url });
  expect(readFileSync(join(folder, FILE)).equals(BODY)).toBe(true);
  expect(requests.at(-1)).toBe(`GET /files/${FILE} bytes=123456-`);
});

test('starts anew at a server that does not know ranges', async () => {
  const folder = temporary();
  writeFileSync(join(folder, `${FILE}.part`), BODY.subarray(0, 1000));
  const { url } = await index({ knowsRanges: false });
  await obtain(folder, { index: url });
  expect(readFileSync(join(folder, FILE)).equals(BODY)).toBe(true);
});

test('removes a file with another checksum, and says both', async () => {
  const folder = temporary();
  const other = Buffer.from(BODY);
  other[1000] = 255;
  const { url } = await index({ files: { [FILE]: other } });
  await expect(obtain(folder, { index: url })).rejects.toMatchObject({
    code: 'WHEEL_CHECKSUM',
    message: expect.stringContaining(`expected ${WHEEL.sha256}`),
  });
  expect(existsSync(join(folder, FILE)) || existsSync(join(folder, `${FILE}.part`))).toBe(false);
});

test('says that an index does not have the wheel', async () => {
  const { url } = await index({ files: {} });
  await expect(obtain(temporary(), { index: url })).rejects.toMatchObject({
    code: 'INDEX_LACKS_WHEEL',
    message: `${url}/demo/ does not list ${FILE}. Use another index with --index, or give the file with --wheel.`,
  });
});

test('gives up on an index that does not answer in time, and on one that is not there', async () => {
  const { url } = await index({ delay: 5000 });
  const late = obtain(temporary(), { index: url, patienceSeconds: 0.1 });
  await expect(late).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE' });
  const gone = obtain(temporary(), { index: 'http://user:secret@127.0.0.1:1/simple' });
  await expect(gone).rejects.toMatchObject({
    code: 'INDEX_UNREACHABLE',
    message: expect.not.stringContaining('secret'),
  });
});

test('takes the index from PIP_INDEX_URL, then from the configuration of pip', async () => {
  const { url } = await index();
  await obtain(temporary(), { env: { PIP_INDEX_URL: url } });
  const home = temporary();
  mkdirSync(join(home, '.config/pip'), { recursive: true });
  writeFileSync(join(home, '.config/pip/pip.conf'), `[install]\nindex-url = nowhere\n[global]\nindex-url = ${url}\n`);
  expect(await obtain(temporary(), { env: { HOME: home } })).toHaveLength(1);
});

test('takes a file that is here, whatever its name, and asks no index', async () => {
  const file = join(temporary(), 'renamed.whl');
  writeFileSync(file, BODY);
  expect(await obtain(temporary(), { given: [file], index: 'http://127.0.0.1:1/' })).toEqual([file]);
});

test('refuses a file that is none of the wheels', async () => {
  const file = join(temporary(), FILE);
  writeFileSync(file, 'something else');
  await expect(obtain(temporary(), { given: [file] })).rejects.toMatchObject({
    code: 'WHEEL_UNKNOWN',
    message: expect.stringContaining(`Expected one of:\n  ${FILE} ${WHEEL.sha256}`),
  });
});
