import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bin = fileURLToPath(new URL('../bin/run-tests.mjs', import.meta.url));

let folder: string;

/** A workspace of two packages, of which `store` imports `foundation`; settings and plug-in of Nx are the real ones. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-run-tests-'));
  await cp(join(root, 'nx.json'), join(folder, 'nx.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await write('package.json', JSON.stringify({ name: 'two', private: true, workspaces: ['libs/*'] }));
  for (const name of ['foundation', 'store'])
    await write(
      `libs/${name}/package.json`,
      JSON.stringify({ name: `@retort/${name}`, nx: { name }, exports: { '.': './index.ts' } }),
    );
  await write('libs/foundation/index.ts', 'export const one = 1;\n');
  await write('libs/store/index.ts', `export { one } from '@retort/foundation';\n`);
  await write('tools/checks/bin/optional-extras.mjs', '');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(file: string, content: string) {
  await mkdir(join(folder, file, '..'), { recursive: true });
  await writeFile(join(folder, file), content);
}

async function runWith(tests: { foundation?: string; store?: string }, args: readonly string[] = []) {
  for (const [name, text] of Object.entries(tests))
    await write(`libs/${name}/a.test.ts`, `import { describe, expect, test } from 'vitest';\n${text}`);
  // A vitest inside a vitest must not take over the outer one's settings.
  const env = { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1', TMPDIR: folder };
  const { stdout, exitCode } = await execa(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...env, NX_DAEMON: 'false' },
    extendEnv: false,
    reject: false,
  });
  const lines = stdout.split('\n');
  return { lines, last: lines.at(-1), exitCode };
}

const good = `test('good', () => expect(1).toBe(1));`;

test('the tests of all packages are counted, and those of an unchanged package are not run again', async () => {
  const first = await runWith({ foundation: good, store: `${good} test('other', () => {});` });
  expect(first).toMatchObject({ last: '3 passed, 0 failed', exitCode: 0 });
  const again = await runWith({});
  expect(again).toMatchObject({ last: '3 passed, 0 failed', exitCode: 0 });
  expect(again.lines.join('\n')).toContain('2 out of 2 tasks');
});

test('an edit runs the tests of what depends on it, and nothing else', async () => {
  await write('libs/store/index.ts', `export { one as two } from '@retort/foundation';\n`);
  expect((await runWith({})).lines.join('\n')).toContain('1 out of 2 tasks');
  await write('libs/foundation/index.ts', 'export const one = 2;\n');
  expect((await runWith({})).lines.join('\n')).not.toContain('out of 2 tasks');
});

test('a failure is counted and decides the exit code; what was skipped is named', async () => {
  const { last, lines, exitCode } = await runWith({
    foundation: `${good} test('bad', () => expect(1).toBe(2));`,
    store: `${good} describe('corpus', () => { test.skip('reads the books (no data)', () => {}); });`,
  });
  expect({ last, exitCode }).toEqual({ last: '2 passed, 1 failed, 1 skipped', exitCode: 1 });
  expect(lines).toContain('skipped: corpus reads the books (no data)');
});

test('a file that cannot be loaded is a failure, and so is an unhandled error though every test passed', async () => {
  expect(await runWith({ foundation: `import './missing.ts'; ${good}`, store: good })).toMatchObject({
    last: '1 passed, 1 failed',
    exitCode: 1,
  });
  const late = `${good} setTimeout(() => { throw new Error('late'); }); test('waits', () => new Promise((r) => setTimeout(r, 50)));`;
  expect(await runWith({ foundation: late })).toMatchObject({ last: '3 passed, 1 failed', exitCode: 1 });
});

test('arguments reach Nx, and a run of nothing is a failure', async () => {
  expect(await runWith({ foundation: good, store: good }, ['--projects=store'])).toMatchObject({
    last: '1 passed, 0 failed',
  });
  expect(await runWith({}, ['--projects=no-such-package'])).toMatchObject({ last: '0 passed, 1 failed', exitCode: 1 });
});
