import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readLock } from './dependencies.mjs';
import { folderName, readManifest, writeManifest } from './pack.mjs';

/**
 * `@retort/nx-plugin`, which is plain JavaScript.
 *
 * @param {{ root: string, work: string, shared: Record<string, unknown> }} options
 */
export async function stageNxPlugin({ root, work, shared }) {
  const from = join(root, 'tools/nx-plugin');
  const to = join(work, folderName('@retort/nx-plugin'));
  const lock = await readLock(root);
  const { private: _private, nx: _nx, dependencies: _dependencies, ...manifest } = await readManifest(from);
  for (const name of await readdir(from)) {
    if (['node_modules', 'test', 'tsconfig.json', 'package.json'].includes(name)) continue;
    await cp(join(from, name), join(to, name), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  }
  await writeManifest(to, {
    ...manifest,
    ...shared,
    description: 'Runs the pipelines of Retort as targets of Nx.',
    dependencies: {
      '@retort/cli': shared.version,
      'fastest-levenshtein': lock['node_modules/fastest-levenshtein']?.version,
    },
    peerDependencies: { nx: '>=24' },
  });
}
