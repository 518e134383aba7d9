import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from '@retort/cli/testing';
import { pack } from '@retort/pack';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configuredRegistry, type Registry, startRegistry } from './registry.ts';

const root = join(import.meta.dirname, '../../..');
const uplink = await configuredRegistry();
const reason = uplink === undefined ? ' (the npm registry cannot be reached)' : '';

/** Of what `npm install @retort/cli` puts on the disk, on Linux. */
const MOST_MEGABYTES = 260;

describe.skipIf(uplink === undefined)(`installed from a registry${reason}`, () => {
  let folder: string;
  let workspace: string;
  let registry: Registry | undefined;

  const type = async (...words: string[]) => {
    const [command = '', ...args] = words;
    const { HOME = '', PATH = '' } = process.env;
    const env = { HOME, PATH, NO_COLOR: '1', npm_config_registry: registry?.url ?? '' };
    const ended = await execa(command, args, { cwd: workspace, env, extendEnv: false, reject: false });
    expect(ended.exitCode, `${words.join(' ')}\n${ended.stdout}\n${ended.stderr}`).toBe(0);
    return ended.stdout;
  };
  const statuses = (plan: string) =>
    (JSON.parse(plan) as { stages: { id: string; status: string; key?: string }[] }).stages;
  const inCheckout = (...args: string[]) => type(process.execPath, join(root, 'apps/cli/bin/retort.mjs'), ...args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retort-install-'));
    workspace = join(folder, 'project');
    await mkdir(join(workspace, 'data'), { recursive: true });
    const tarballs = await pack({ root, out: join(folder, 'dist'), onlyHere: true });
    registry = await startRegistry(uplink as string);
    const token = `--${registry.url.replace('http:', '')}:_authToken=none`;
    for (const tarball of tarballs) await type('npm', 'publish', tarball, token, '--loglevel=error');
    await writeModel(join(workspace, 'data/model'), { labels: ['LABEL_0', 'LABEL_1'] });
    await writeFile(join(workspace, 'data/train.csv'), table(40));
    await writeFile(join(workspace, 'data/dev.csv'), table(12));
  });

  afterAll(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('what the README says to type ends with a distilled student', async () => {
    await type('npm', 'init', '-y');
    await type('npm', 'install', '@retort/cli', '@retort/plugin-kit', '--prefer-offline');
    const tables = ['--train', 'data/train.csv', '--validation', 'data/dev.csv', '--name', 'reviews'];
    const drafted = await type('npx', 'retort', 'init', '--model', 'data/model', ...tables);
    expect(drafted).toContain('Wrote');
    expect(await readdir(workspace)).toContain('retort.config.json');
    const { $schema } = JSON.parse(await readFile(join(workspace, 'pipelines/reviews.pipeline.json'), 'utf8'));
    expect(JSON.parse(await readFile(join(workspace, 'pipelines', $schema), 'utf8'))).toHaveProperty('$defs');
    const events = await type('npx', 'retort', 'run', 'reviews:quick', '--json');
    expect(JSON.parse(events.split('\n').at(-1) ?? '')).toMatchObject({ event: 'run-finished', status: 'done' });
    expect(await readdir(workspace)).toContain('.retort');
  });

  test('the checkout finds every stage cached: it has the same keys', async () => {
    const file = join(workspace, 'pipelines/reviews.pipeline.json:quick');
    const here = statuses(await inCheckout('plan', file, '--json', '--store', join(workspace, '.retort')));
    expect(here.filter(({ status }) => status !== 'cached')).toEqual([]);
    expect(here).toEqual(statuses(await type('npx', 'retort', 'plan', 'reviews:quick', '--json')));
  });

  test('it weighs what the README says, without what is for other systems', async () => {
    const { megabytes, libraries } = await contentOf(join(workspace, 'node_modules'));
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
    expect(libraries.filter((name) => /darwin|win32|android/.test(name))).toEqual([]);
    expect(libraries.length).toBeGreaterThan(0);
  });

  test('authors of plug-ins import the kit, with its types', async () => {
    const script = "import('@retort/plugin-kit').then((kit) => console.log(typeof kit.definePlugin))";
    expect(await type(process.execPath, '--eval', script)).toBe('function');
    const source =
      "import { definePlugin, type StageContext } from '@retort/plugin-kit';\nexport type { StageContext };\nexport const plugin: { readonly name: string } = definePlugin({ name: 'mine' });\nexport const wrong: number = definePlugin;\n";
    await writeFile(join(workspace, 'plugin.ts'), source);
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'preserve',
      '--target',
      'es2022',
      '--skipLibCheck',
      'plugin.ts',
    ];
    const { stdout } = await execa(process.execPath, [compiler, ...options], { cwd: workspace, reject: false });
    expect(stdout.split('\n').filter((line) => line.startsWith('plugin.ts'))).toEqual([
      expect.stringMatching(/^plugin\.ts\(4,14\): error TS2322/),
    ]);
  });

  test('a moved folder, and one whose bundle is damaged, plan and run the same', async () => {
    const moved = join(folder, 'moved');
    await rename(workspace, moved);
    workspace = moved;
    const bundles = join(workspace, 'node_modules/@retort/cli/bundles');
    const names = await readdir(bundles);
    for (const name of names.filter((each) => each.endsWith('.mjs'))) await appendFile(join(bundles, name), '//');
    const plan = statuses(await type('npx', 'retort', 'plan', 'reviews:quick', '--json'));
    expect(plan.filter(({ status }) => status !== 'cached')).toEqual([]);
    const again = await type('npx', 'retort', 'run', 'reviews:quick', '--json', '--only', 'source', '--force');
    const finished = JSON.parse(again.split('\n').at(-1) ?? '') as { stages: { id: string; key: string }[] };
    const keyOf = (id: string) => plan.find((stage) => stage.id === id)?.key;
    expect(finished.stages.map(({ id, key }) => [id, key])).toEqual(finished.stages.map(({ id }) => [id, keyOf(id)]));
  });
});

function table(count: number): string {
  const row = (i: number) => `"the film is ${i % 2 ? 'good' : 'bad'} ${i % 10}",${i % 2}`;
  return `sentence,label\n${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\n`;
}

/** What an installation takes on the disk, and its native libraries. */
async function contentOf(modules: string): Promise<{ megabytes: number; libraries: string[] }> {
  const files = (await readdir(modules, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return {
    megabytes: sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6,
    libraries: paths.filter((path) => /\.(?:node|dll|dylib|so(?:\.\d+)*)$/.test(path)),
  };
}
