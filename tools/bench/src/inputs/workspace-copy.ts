import { copyFile, cp, link, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

const COPIED = ['apps', 'libs', 'tools', 'pipelines', 'schemas', 'package.json', 'package-lock.json'];
const LEFT_OUT = new Set(['node_modules', 'dist', '.retort', '.nx']);

/**
 * A second checkout with the same code, whose cache can be emptied without disturbing anyone. npm packages are hard
 * links, or copies where the target is on another disk: bundling looks at where a package really lies.
 *
 * @returns the folder of its cache
 */
export async function copyWorkspace(workspace: string, target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  for (const name of COPIED)
    await cp(join(workspace, name), join(target, name), {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(basename(path)),
    });
  const modules = join(target, 'node_modules');
  await linkTree(join(workspace, 'node_modules'), modules);
  return join(modules, '.cache');
}

/** Symbolic links are made again as they are: those to our own packages are relative and lead to the copies. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.name === '.cache') continue;
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => copyFile(source, target));
  }
}
