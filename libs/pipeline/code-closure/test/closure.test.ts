import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleEntry, openCode } from '@retort/code-closure';
import { describe, expect, test } from 'vitest';
import { createWorkspace, FILES, type Workspace } from './workspace.ts';

const execute = promisify(execFile);
const ONE = '@tiny/one/run';
const TWO = '@tiny/two/run';

const closureOf = ({ path: workspace }: Workspace, module: string) =>
  openCode({ installation: workspace }).closureOf(module);

async function digests(workspace: Workspace): Promise<{ one: string; two: string }> {
  const one = await closureOf(workspace, ONE);
  const two = await closureOf(workspace, TWO);
  return { one: one.digest, two: two.digest };
}

describe('a closure', () => {
  test('runs by itself: with its JSON, its libraries, and its outside packages', async () => {
    const workspace = await createWorkspace();
    const { path, packages, digest } = await closureOf(workspace, ONE);
    expect((await execute(process.execPath, [path])).stdout).toBe('hello from outside 3\n');
    expect(path).toBe(join(workspace.path, 'node_modules/.cache/retort/code', `${digest}.mjs`));
    expect(packages).toEqual({ outside: '1.2.3+fd34fe56ff2524f0', deep: '2.0.1+47ebd1b21cc7b62e' });
  });

  test('of a file is bundled the same way', async () => {
    const workspace = await createWorkspace();
    await workspace.write(
      'main.ts',
      "import { scale } from '@tiny/math/scale';\nconsole.log(scale(3), process.argv[2]);\n",
    );
    const { path, packages } = await bundleEntry({
      installation: workspace.path,
      entryFile: join(workspace.path, 'main.ts'),
    });
    expect((await execute(process.execPath, [path, 'x'])).stdout).toBe('1.5 x\n');
    expect(packages).toEqual([]);
  });

  test('has stacks that name the source', async () => {
    const workspace = await createWorkspace();
    await workspace.write('main.ts', "const fail = (): never => {\n  throw new Error('here');\n};\nfail();\n");
    const { path } = await bundleEntry({ installation: workspace.path, entryFile: join(workspace.path, 'main.ts') });
    const failure = await execute(process.execPath, ['--enable-source-maps', path]).catch(
      (error) => error.stderr as string,
    );
    expect(failure).toContain(`${join(workspace.path, 'main.ts')}:2:9`);
  });

  test('with an import that is not there is refused with its place', async () => {
    const workspace = await createWorkspace();
    await workspace.write('libs/two/src/run.ts', "export { run } from '@tiny/nothing';\n");
    await expect(closureOf(workspace, TWO)).rejects.toMatchObject({
      code: 'CODE_DOES_NOT_BUNDLE',
      message: expect.stringMatching(/libs\/two\/src\/run\.ts:1:20.*@tiny\/nothing/s),
    });
  });

  test('with a package that is not locked is refused', async () => {
    const workspace = await createWorkspace();
    await workspace.write('package-lock.json', '{ "packages": {} }');
    await expect(closureOf(workspace, ONE)).rejects.toMatchInlineSnapshot(
      `[CodeError: The package "outside" is imported but is not in package-lock.json. Run npm install.]`,
    );
  });
});

describe('the digest', () => {
  const add = 'libs/math/src/add.ts';
  test.each([
    ['a comment', `// Adds.\n${FILES[add]}`],
    ['white space', FILES[add].replaceAll('\n', '\n\n')],
    ['a renamed local', FILES[add].replaceAll('sum', 'whatTheTwoOfThemAreTogether')],
    ['renamed parameters', FILES[add].replaceAll('left', 'zzzzzz').replaceAll('right', 'qqq')],
    ['a type', `export interface Zebra { readonly quiz: bigint }\n${FILES[add]}`],
  ])('does not change by %s', async (_what, text) => {
    const workspace = await createWorkspace();
    const before = await digests(workspace);
    await workspace.write(add, text);
    expect(await digests(workspace)).toEqual(before);
  });

  test('changes by a formula, for exactly the closures that use it', async () => {
    const workspace = await createWorkspace();
    const before = await digests(workspace);
    await workspace.write('libs/math/src/scale.ts', FILES['libs/math/src/scale.ts'].replace('0.5', '0.25'));
    const after = await digests(workspace);
    expect(after.one).toBe(before.one);
    expect(after.two).not.toBe(before.two);
    await workspace.write('libs/math/src/scale.ts', FILES['libs/math/src/scale.ts']);
    expect(await digests(workspace)).toEqual(before);
  });

  test('changes by an edit of inlined JSON', async () => {
    const workspace = await createWorkspace();
    const before = await digests(workspace);
    await workspace.write('libs/one/src/words.json', '{ "greeting": "good day" }');
    expect((await digests(workspace)).one).not.toBe(before.one);
  });

  test('does not depend on where the workspace lies', async () => {
    const [first, second] = [await createWorkspace(), await createWorkspace()];
    expect(await digests(first)).toEqual(await digests(second));
  });

  test('stays when another version is installed, and the packages change', async () => {
    const workspace = await createWorkspace();
    const before = await closureOf(workspace, ONE);
    const manifest = 'node_modules/deep/package.json';
    await workspace.write(manifest, FILES[manifest].replace('2.0.1', '2.0.2'));
    const after = await closureOf(workspace, ONE);
    expect(after.digest).toBe(before.digest);
    expect(after.packages).toEqual({ ...before.packages, deep: expect.stringMatching(/^2\.0\.2\+[0-9a-f]{16}$/) });
  });
});

describe('the modules of a closure', () => {
  async function modulesOf({ path: workspace }: Workspace) {
    const code = openCode({ installation: workspace });
    return (await code.modulesOf((await code.closureOf(ONE)).digest)) ?? {};
  }

  test('are its own files by path, with the bundlers by version', async () => {
    const modules = await modulesOf(await createWorkspace());
    expect(Object.keys(modules)).toEqual([
      'esbuild',
      'libs/kit/src/host.ts',
      'libs/math/src/add.ts',
      'libs/one/src/run.ts',
      'libs/one/src/words.json',
      'rolldown',
    ]);
    expect(modules['libs/math/src/add.ts']).toMatch(/^[0-9a-f]{64}$/);
    expect(modules['rolldown']).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('name the file that an edit changed, and no other; a comment changes none', async () => {
    const workspace = await createWorkspace();
    const before = await modulesOf(workspace);
    const edited = FILES['libs/math/src/add.ts'].replace('+', '-');
    await workspace.write('libs/math/src/add.ts', `// Subtracts.\n${edited}`);
    await workspace.write('libs/one/src/run.ts', `// Prints.\n${FILES['libs/one/src/run.ts']}`);
    const after = await modulesOf(workspace);
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(['libs/math/src/add.ts']);
  });

  test('of a bundle that was made elsewhere are not known', async () => {
    const { path: workspace } = await createWorkspace();
    expect(await openCode({ installation: workspace }).modulesOf('a'.repeat(64))).toBeUndefined();
  });
});

describe('the memo', () => {
  const api = createRequire(import.meta.url).resolve('@retort/code-closure');

  /** Asks in a process of its own, which says whether it loaded a bundler. */
  async function ask({ path: workspace }: Workspace): Promise<{ digest: string; bundled: boolean }> {
    const script = `
      import { createRequire } from 'node:module';
      const { openCode } = await import(${JSON.stringify(api)});
      const { digest } = await openCode({ installation: ${JSON.stringify(workspace)} }).closureOf(${JSON.stringify(ONE)});
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(JSON.stringify({ digest, bundled: loaded.some((file) => file.includes('esbuild')) }));`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script]);
    return JSON.parse(stdout);
  }

  function memoFiles({ path }: Workspace): string[] {
    const folder = join(path, 'node_modules/.cache/retort/code/memo');
    return readdirSync(folder).map((name) => join(folder, name));
  }

  test('answers without loading a bundler until an input changes', async () => {
    const workspace = await createWorkspace();
    const first = await ask(workspace);
    expect(first.bundled).toBe(true);
    expect(await ask(workspace)).toEqual({ digest: first.digest, bundled: false });
    await workspace.write('libs/math/src/add.ts', FILES['libs/math/src/add.ts'].replace('+', '-'));
    const third = await ask(workspace);
    expect(third.bundled).toBe(true);
    expect(third.digest).not.toBe(first.digest);
  });

  test.each(['', '{"format":1', '{"format":1,"digest":"../../x","inputs":[]}', 'null'])(
    'is ignored when damaged: %j',
    async (text) => {
      const workspace = await createWorkspace();
      const first = await ask(workspace);
      for (const file of memoFiles(workspace)) writeFileSync(file, text);
      expect(await ask(workspace)).toEqual({ digest: first.digest, bundled: true });
    },
  );

  test('is ignored when the bundle is cut or gone', async () => {
    const workspace = await createWorkspace();
    const { path, digest } = await closureOf(workspace, ONE);
    truncateSync(path, 10);
    expect(await ask(workspace)).toEqual({ digest, bundled: true });
    expect(readFileSync(path, 'utf8').length).toBeGreaterThan(100);
  });
});
