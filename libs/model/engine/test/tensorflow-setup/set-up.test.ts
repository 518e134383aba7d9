import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { tensorflowInstallation } from '@retort/engine/tensorflow-installation';
import { setUpTensorflow } from '@retort/engine/tensorflow-setup';
import { expect, onTestFinished, test } from 'vitest';

const known = `${process.platform}-${process.arch}` === 'linux-x64';
const here = tensorflowInstallation('cpu');

function cache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('says everything that is missing at once, and touches nothing', async () => {
  const RETORT_CACHE = cache();
  const env = { RETORT_CACHE, PATH: '/nowhere', RETORT_NODE_HEADERS: '/nowhere' };
  const attempt = setUpTensorflow({ build: 'cpu', env });
  await expect(attempt).rejects.toMatchObject({ code: 'SETUP_IMPOSSIBLE' });
  const { message } = (await attempt.catch((error) => error)) as Error;
  expect(message).toContain('COMPILER_MISSING');
  expect(message).toContain('NODE_HEADERS_MISSING');
  expect(message.includes('PLATFORM_UNKNOWN')).toBe(!known);
  expect(readdirSync(RETORT_CACHE)).toEqual([]);
});

test.runIf(known)('leaves nothing behind when the wheel cannot be had, nor what a killed set-up left', async () => {
  const RETORT_CACHE = cache();
  const { folder } = tensorflowInstallation('cpu', { RETORT_CACHE });
  mkdirSync(`${folder}.partial-999999999`, { recursive: true });
  const env = { ...process.env, RETORT_CACHE };
  const attempt = setUpTensorflow({ build: 'cpu', env, index: 'http://127.0.0.1:1/simple' });
  await expect(attempt).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE' });
  expect(readdirSync(dirname(folder))).toEqual([]);
});

/** A cache with the library that is on this machine, without an addon. */
function cacheWithLibrary(): { env: NodeJS.ProcessEnv; folder: string; addon: string } {
  const env = { ...process.env, RETORT_CACHE: cache() };
  const { folder, addon } = tensorflowInstallation('cpu', env);
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(here.folder, 'tensorflow'), join(folder, 'tensorflow'));
  return { env, folder, addon };
}

test.skipIf(!here.isInstalled)(
  'compiles only the addon where the library is there, then does nothing (needs tensorflow)',
  async () => {
    const { env, folder, addon } = cacheWithLibrary();
    expect(await setUpTensorflow({ build: 'cpu', env })).toEqual({ status: 'installed', folder });
    expect(existsSync(addon)).toBe(true);
    expect(await setUpTensorflow({ build: 'cpu', env })).toEqual({ status: 'present', folder });
    expect(readdirSync(dirname(folder))).toEqual([basename(folder)]);
  },
);

test.skipIf(!here.isInstalled)('shows what the compiler says, and leaves no addon (needs tensorflow)', async () => {
  const { env, folder, addon } = cacheWithLibrary();
  const compiler = join(cache(), 'compiler');
  writeFileSync(compiler, '#!/bin/sh\n[ "$1" = --version ] || { echo "error: no such header" >&2; exit 1; }\n');
  chmodSync(compiler, 0o755);
  await expect(setUpTensorflow({ build: 'cpu', env: { ...env, CXX: compiler } })).rejects.toMatchObject({
    code: 'ADDON_DOES_NOT_COMPILE',
    message: expect.stringContaining('error: no such header'),
  });
  expect(existsSync(addon)).toBe(false);
  expect(readdirSync(dirname(folder))).toEqual([basename(folder)]);
});

test.skipIf(!here.isInstalled)('sees that an addon does not load, and leaves none (needs tensorflow)', async () => {
  const { env, addon } = cacheWithLibrary();
  const compiler = join(cache(), 'compiler');
  const script = 'case "$1" in --version) ;; *) while [ "$1" != -o ]; do shift; done; echo nonsense > "$2";; esac';
  writeFileSync(compiler, `#!/bin/sh\n${script}\n`);
  chmodSync(compiler, 0o755);
  await expect(setUpTensorflow({ build: 'cpu', env: { ...env, CXX: compiler } })).rejects.toMatchObject({
    code: 'ADDON_DOES_NOT_LOAD',
  });
  expect(existsSync(addon)).toBe(false);
});
