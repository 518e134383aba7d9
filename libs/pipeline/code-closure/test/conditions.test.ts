import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type CodeError, openCode } from '@retort/code-closure';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createWorkspace, FILES, type Workspace } from './workspace.ts';

const execute = promisify(execFile);
const ONE = '@tiny/one/run';
const ADD = 'libs/math/src/add.ts';

const closureOf = (workspace: string) => openCode({ installation: workspace }).closureOf(ONE);

/** What a stage prints when its bundle is run the way that the runner does. */
async function runOf(workspace: string): Promise<string> {
  const code = openCode({ installation: workspace });
  const path = await code.requireIntact(ONE, await code.closureOf(ONE));
  return (await execute(process.execPath, [path])).stdout;
}

function besideOf({ path }: Workspace, name: string): string {
  const beside = `${path}-${name}`;
  onTestFinished(() => rmSync(beside, { recursive: true, force: true }));
  return beside;
}

function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

function edit(workspace: string): void {
  writeFileSync(join(workspace, ADD), FILES[ADD].replace('left + right', 'left * right'));
}

/** Size and modification time as they were. */
function editUnseen(path: string, change: (text: string) => string): void {
  const { atime, mtime, size } = statSync(path);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  utimesSync(path, atime, mtime);
  expect(statSync(path).size).toBe(size);
}

const codeFolder = (workspace: string) => join(workspace, 'node_modules/.cache/retort/code');

describe('a workspace that was', () => {
  const moves: Record<string, (workspace: Workspace) => string> = {
    'copied with its times': (workspace) => {
      const copy = besideOf(workspace, 'copy');
      copyTree(workspace.path, copy);
      return copy;
    },
    'moved, with another at its place': (workspace) => {
      const [moved, other] = [besideOf(workspace, 'moved'), besideOf(workspace, 'other')];
      copyTree(workspace.path, other);
      renameSync(workspace.path, moved);
      renameSync(other, workspace.path);
      return moved;
    },
    'restored at its place, with its old times': (workspace) => {
      const archive = besideOf(workspace, 'archive');
      copyTree(workspace.path, archive);
      rmSync(workspace.path, { recursive: true });
      copyTree(archive, workspace.path);
      return workspace.path;
    },
    'linked to another place': (workspace) => {
      const link = besideOf(workspace, 'link');
      symlinkSync(workspace.path, link);
      return link;
    },
  };

  test.each(Object.keys(moves))('%s runs its own code, edited there or not', async (name) => {
    const workspace = await createWorkspace();
    const before = await closureOf(workspace.path);
    expect(await runOf(workspace.path)).toBe('hello from outside 3\n');
    const place = moves[name]?.(workspace) as string;
    expect((await closureOf(place)).digest).toBe(before.digest);
    edit(place);
    expect((await closureOf(place)).digest).not.toBe(before.digest);
    expect(await runOf(place)).toBe('hello from outside 2\n');
  });

  test('edited with size and modification time kept is bundled again', async () => {
    const { path } = await createWorkspace();
    await closureOf(path);
    editUnseen(join(path, ADD), (text) => text.replace('left + right', 'left * right'));
    expect(await runOf(path)).toBe('hello from outside 2\n');
  });
});

test('node_modules of another checkout are refused, with what was found', async () => {
  const [workspace, other] = [await createWorkspace(), await createWorkspace()];
  for (const { write } of [workspace, other])
    await write(
      'package-lock.json',
      JSON.stringify({
        packages: {
          ...JSON.parse(FILES['package-lock.json']).packages,
          'node_modules/@tiny/math': { resolved: 'libs/math', link: true },
        },
      }),
    );
  await closureOf(other.path);
  rmSync(join(workspace.path, 'node_modules'), { recursive: true });
  symlinkSync(join(other.path, 'node_modules'), join(workspace.path, 'node_modules'));
  const error = (await closureOf(workspace.path).catch((cause) => cause)) as CodeError;
  expect(error.code).toBe('CODE_OF_OTHER_WORKSPACE');
  expect(error.message.replaceAll(workspace.path, '/here').replaceAll(other.path, '/there')).toMatchInlineSnapshot(
    `"The package "@tiny/math" of this checkout is /here/libs/math, but its import leads to /there/libs/math/src/add.ts, because /here/node_modules is a link to /there/node_modules. Other code than this checkout's would run. Remove that link and run npm ci in /here."`,
  );
  expect((await closureOf(other.path)).packages).not.toEqual({});
});

describe('a bundle', () => {
  test.each<[string, (text: string) => string]>([
    ['of the same size', (text) => text.replace('hello', 'hallo')],
    ['that is cut', (text) => text.slice(0, -40)],
    ['that is longer', (text) => `${text}console.log('more');\n`],
    ['that is empty', () => ''],
  ])('%s, damaged while its run was planned, is made again and not run', async (_name, damage) => {
    const { path: workspace } = await createWorkspace();
    const code = openCode({ installation: workspace });
    const closure = await code.closureOf(ONE);
    const text = readFileSync(closure.path, 'utf8');
    writeFileSync(closure.path, damage(text));
    expect(readFileSync(await code.requireIntact(ONE, closure), 'utf8')).toBe(text);
    expect(await runOf(workspace)).toBe('hello from outside 3\n');
  });

  test('that cannot be made again, because its sources changed, is refused', async () => {
    const { path: workspace } = await createWorkspace();
    const code = openCode({ installation: workspace });
    const closure = await code.closureOf(ONE);
    rmSync(closure.path);
    edit(workspace);
    await expect(code.requireIntact(ONE, closure)).rejects.toMatchObject({ code: 'CODE_CHANGED' });
  });
});

test.each<[string, (memo: string) => string]>([
  ['cut', (memo) => memo.slice(0, 50)],
  ['no JSON', () => 'memo'],
  ['null', () => 'null'],
  ['of another form', () => '{"format":3,"digest":7,"inputs":[],"packages":{}}'],
  ['of no inputs', (memo) => JSON.stringify({ ...JSON.parse(memo), inputs: null })],
  ['for another bundle', (memo) => memo.replaceAll(/[0-9a-f]{64}/g, 'a'.repeat(64))],
])('a memo that is %s costs time alone', async (_name, change) => {
  const { path } = await createWorkspace();
  const { digest, packages } = await closureOf(path);
  const memos = join(codeFolder(path), 'memo');
  const files = [...readdirSync(memos).map((name) => join(memos, name)), join(codeFolder(path), '../packages.json')];
  for (const file of files) writeFileSync(file, change(readFileSync(file, 'utf8')));
  expect(await closureOf(path)).toMatchObject({ digest, packages });
  expect(await runOf(path)).toBe('hello from outside 3\n');
});

test('what says of what a bundle was made is believed only when it has its form', async () => {
  const { path: workspace } = await createWorkspace();
  const { digest } = await closureOf(workspace);
  for (const text of ['null', '[1]', '{"libs/math/src/add.ts":7}', '{']) {
    writeFileSync(join(codeFolder(workspace), `${digest}.modules.json`), text);
    expect(await openCode({ installation: workspace }).modulesOf(digest)).toBeUndefined();
  }
});

describe('outside packages are those that are installed', () => {
  test('a lock that is ahead is reported, and the installed version counts', async () => {
    const { path: workspace, write } = await createWorkspace();
    const before = await closureOf(workspace);
    await write('package-lock.json', FILES['package-lock.json'].replace('2.0.1', '2.0.2').replace('1.2.3', '1.3.0'));
    const code = openCode({ installation: workspace });
    expect((await code.closureOf(ONE)).packages).toEqual(before.packages);
    expect(code.lockDifferences).toEqual([
      { name: 'outside', locked: '1.3.0', installed: '1.2.3' },
      { name: 'deep', locked: '2.0.2', installed: '2.0.1' },
    ]);
  });

  test('one that is not there is reported, or refused where our code imports it', async () => {
    const { path: workspace } = await createWorkspace();
    rmSync(join(workspace, 'node_modules/deep'), { recursive: true });
    const code = openCode({ installation: workspace });
    await code.closureOf(ONE);
    expect(code.lockDifferences).toEqual([{ name: 'deep', locked: '2.0.1', installed: undefined }]);
    rmSync(join(workspace, 'node_modules/outside'), { recursive: true });
    await expect(closureOf(workspace)).rejects.toThrow(/outside/);
  });

  test.each(['', '{ "name": ', 'null'])('one whose package.json is %j is as one that is not there', async (text) => {
    const { path: workspace, write } = await createWorkspace();
    await write('node_modules/deep/package.json', text);
    const code = openCode({ installation: workspace });
    expect((await code.closureOf(ONE)).packages).not.toHaveProperty('deep');
    expect(code.lockDifferences).toEqual([{ name: 'deep', locked: '2.0.1', installed: undefined }]);
    await write('node_modules/outside/package.json', text);
    await expect(closureOf(workspace)).rejects.toMatchObject({ code: 'CODE_PACKAGE_NOT_INSTALLED' });
  });

  test.each(['outside/index.js', 'deep/package.json'])('an edit to %s changes its digest alone', async (file) => {
    const { path } = await createWorkspace();
    const before = (await closureOf(path)).packages;
    editUnseen(join(path, 'node_modules', file), (text) => text.replace('e', 'E'));
    const after = (await closureOf(path)).packages;
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual([file.split('/')[0]]);
    editUnseen(join(path, 'node_modules', file), (text) => text.replace('E', 'e'));
    expect((await closureOf(path)).packages).toEqual(before);
  });

  test('a file that is added counts; one inside of another package, or of no code, does not', async () => {
    const { path, write } = await createWorkspace();
    const { packages } = await closureOf(path);
    await write('node_modules/outside/README.md', 'read me');
    await write('node_modules/outside/node_modules/inner/index.js', 'inner');
    expect((await closureOf(path)).packages).toEqual(packages);
    await write('node_modules/outside/added.wasm', 'wasm');
    expect((await closureOf(path)).packages).not.toEqual(packages);
  });

  test('compiled code for this system is told apart, and in no digest of a package', async () => {
    const { path, write } = await createWorkspace();
    const own = `node_modules/deep/native/${process.platform}-${process.arch}.node`;
    await write(own, 'compiled');
    const before = await closureOf(path);
    expect(before.binaries).toEqual({ deep: expect.stringMatching(/^[0-9a-f]{16}$/) });
    await write('node_modules/deep/native/aix-ppc64.node', 'compiled for others');
    expect((await closureOf(path)).binaries).toEqual(before.binaries);
    await write(own, 'replaced');
    const after = await closureOf(path);
    expect(after.packages).toEqual(before.packages);
    expect(after.binaries).not.toEqual(before.binaries);
  });
});

describe('a workspace that cannot be written', () => {
  /** A file in place of the folder: also root cannot write there. */
  function block(workspace: string): void {
    writeFileSync(join(workspace, 'node_modules/.cache'), 'no folder');
  }

  function userCache(): string {
    const folder = mkdtempSync(join(tmpdir(), 'retort-user-cache-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    vi.stubEnv('RETORT_CACHE', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    return folder;
  }

  test("keeps its bundles with the user's caches, from where they find their packages", async () => {
    const cache = userCache();
    const { path: workspace } = await createWorkspace();
    block(workspace);
    const { path } = await closureOf(workspace);
    expect(dirname(dirname(dirname(path)))).toBe(cache);
    expect(await runOf(workspace)).toBe('hello from outside 3\n');
    const { ino } = statSync(path);
    expect(statSync((await closureOf(workspace)).path).ino).toBe(ino);
    edit(workspace);
    expect(await runOf(workspace)).toBe('hello from outside 2\n');
  });

  test('uses what its owner has bundled', async () => {
    const cache = userCache();
    const { path: workspace } = await createWorkspace();
    const { path } = await closureOf(workspace);
    expect((await closureOf(workspace)).path).toBe(path);
    expect(readdirSync(cache)).toEqual([]);
  });

  test('bundles for the one process where nothing else can be written, and where others might write', async () => {
    const cache = userCache();
    const { path: workspace } = await createWorkspace();
    block(workspace);
    await closureOf(workspace);
    const [own] = readdirSync(cache) as [string];
    chmodSync(join(cache, own), 0o777);
    expect((await closureOf(workspace)).path.startsWith(join(tmpdir(), 'retort-code-'))).toBe(true);
    vi.stubEnv('RETORT_CACHE', join(workspace, 'package.json'));
    expect(await runOf(workspace)).toBe('hello from outside 3\n');
  });

  test('has stacks that name its sources', async () => {
    userCache();
    const { path: workspace, write } = await createWorkspace();
    await write('libs/one/src/run.ts', "export const run = () => {\n  throw new Error('here');\n};\n");
    block(workspace);
    const { path } = await closureOf(workspace);
    const failure = await execute(process.execPath, ['--enable-source-maps', path]).catch(({ stderr }) => stderr);
    expect(failure).toContain(`${join(workspace, 'libs/one/src/run.ts')}:2:9`);
    expect(existsSync(codeFolder(workspace))).toBe(false);
  });
});
