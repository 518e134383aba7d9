import { appendFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeModel } from '@retort/cli/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Outside } from './outside.ts';

const root = join(import.meta.dirname, '../../..');
const registry = inject('registry');

/** Of what `npm install @retort/cli` puts on the disk, on Linux. */
const MOST_MEGABYTES = 260;

describe.skipIf(registry === undefined)('installed from a registry', () => {
  let outside: Outside;
  beforeAll(async () => {
    outside = await Outside.create(registry as string);
    await outside.write({ 'data/train.csv': table(40), 'data/dev.csv': table(12) });
    await writeModel(outside.path('data/model'), { labels: ['LABEL_0', 'LABEL_1'] });
  });
  afterAll(() => outside?.remove());

  test('what the README says to type ends with a distilled student', async () => {
    await outside.install('@retort/cli');
    const tables = ['--train', 'data/train.csv', '--validation', 'data/dev.csv', '--name', 'reviews'];
    const drafted = await outside.type('npx', 'retort', 'init', '--model', 'data/model', ...tables);
    expect(drafted).toContain('Wrote');
    expect(await readdir(outside.folder)).toContain('retort.config.json');
    const { $schema } = (await outside.readJson('pipelines/reviews.pipeline.json')) as { $schema: string };
    expect(await outside.readJson('pipelines', $schema)).toHaveProperty('$defs');
    await outside.run('reviews:quick');
    expect(await readdir(outside.folder)).toContain('.retort');
  });

  test('the checkout finds every stage cached: it has the same keys', async () => {
    const checkout = [process.execPath, join(root, 'apps/cli/bin/retort.mjs')];
    const file = outside.path('pipelines/reviews.pipeline.json:quick');
    const here = await outside.plan(file, checkout, '--store', outside.path('.retort'));
    expect(here.filter(({ status }) => status !== 'cached')).toEqual([]);
    expect(here).toEqual(await outside.plan('reviews:quick'));
  });

  test('it weighs what the README says, without what is for other systems', async () => {
    const { megabytes, libraries } = await contentOf(outside.path('node_modules'));
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
    expect(libraries.filter((name) => /darwin|win32|android/.test(name))).toEqual([]);
    expect(libraries.length).toBeGreaterThan(0);
  });

  test('a moved folder, and one whose bundle is damaged, plan and run the same', async () => {
    await outside.move();
    const bundles = outside.path('node_modules/@retort/cli/bundles');
    const names = await readdir(bundles);
    for (const name of names.filter((each) => each.endsWith('.mjs'))) await appendFile(join(bundles, name), '//');
    const plan = await outside.plan('reviews:quick');
    expect(plan.filter(({ status }) => status !== 'cached')).toEqual([]);
    const again = await outside.run('reviews:quick', '--only', 'source', '--force');
    const keyOf = (id: string) => plan.find((stage) => stage.id === id)?.key;
    expect(again.map(({ id, key }) => [id, key])).toEqual(again.map(({ id }) => [id, keyOf(id)]));
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
