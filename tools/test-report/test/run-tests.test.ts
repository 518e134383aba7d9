import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/run-tests.mjs', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-test-report-'));
  await symlink(modules, join(folder, 'node_modules'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function runWith(tests: string, args: readonly string[] = []) {
  await writeFile(join(folder, 'a.test.ts'), `import { describe, expect, test } from 'vitest';\n${tests}`);
  // A vitest inside a vitest must not take over the outer one's settings.
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NO_COLOR: '1' };
  const { stdout, exitCode } = await execa(process.execPath, [bin, ...args], {
    cwd: folder,
    env,
    extendEnv: false,
    reject: false,
  });
  return { lines: stdout.split('\n'), last: stdout.split('\n').at(-1), exitCode };
}

const good = `test('good', () => expect(1).toBe(1));`;

test('everything passed', async () => {
  expect(await runWith(good)).toMatchObject({ last: '1 passed, 0 failed', exitCode: 0 });
});

test('a failure is counted and decides the exit code', async () => {
  expect(await runWith(`${good} test('bad', () => expect(1).toBe(2));`)).toMatchObject({
    last: '1 passed, 1 failed',
    exitCode: 1,
  });
});

test('what was skipped is named', async () => {
  const { last, lines, exitCode } = await runWith(
    `${good} describe('corpus', () => { test.skip('reads the books (no data)', () => {}); });`,
  );
  expect({ last, exitCode }).toEqual({ last: '1 passed, 0 failed, 1 skipped', exitCode: 0 });
  expect(lines).toContain('skipped: corpus reads the books (no data)');
});

test('a file that cannot be loaded is a failure', async () => {
  expect(await runWith(`import './missing.ts'; ${good}`)).toMatchObject({ last: '0 passed, 1 failed', exitCode: 1 });
});

test('an unhandled error is a failure though every test passed', async () => {
  const { last, exitCode } = await runWith(
    `${good} setTimeout(() => { throw new Error('late'); }); test('waits', () => new Promise((r) => setTimeout(r, 50)));`,
  );
  expect({ last, exitCode }).toEqual({ last: '2 passed, 1 failed', exitCode: 1 });
});

test('arguments reach vitest', async () => {
  expect(await runWith(`${good} test('other', () => {});`, ['-t', 'good'])).toMatchObject({
    last: '1 passed, 0 failed, 1 skipped',
    exitCode: 0,
  });
  expect(await runWith(good, ['no-such-file'])).toMatchObject({ last: '0 passed, 1 failed', exitCode: 1 });
});
