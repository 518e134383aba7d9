import {
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openCode } from '@retort/code-closure';

export interface BundledCode {
  readonly digest: string;
  readonly text: string;
}

/** A copy of the workspace's packages in which a source may be edited. Outside packages are linked, ours are copied. */
export interface CopiedWorkspace {
  readonly root: string;
  /** Module of each stage -> its code as it is now. */
  readonly codeOf: (modules: readonly string[]) => Promise<ReadonlyMap<string, BundledCode>>;
  readonly edit: (file: string, change: (text: string) => string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** @param packages  outside ones that are needed; those of all stages when left out */
export async function copyWorkspace(workspace: string, packages?: readonly string[]): Promise<CopiedWorkspace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'retort-edited-')));
  for (const name of ['package.json', 'package-lock.json']) await cp(join(workspace, name), join(root, name));
  await cp(join(workspace, 'libs'), join(root, 'libs'), { recursive: true });
  await linkPackages(workspace, root, packages ?? (await outsideNames(workspace)));
  return {
    root,
    codeOf: async (modules) => {
      const found = new Map<string, BundledCode>();
      const code = openCode({ installation: root });
      for (const module of modules) {
        const { digest, path } = await code.closureOf(module);
        found.set(module, { digest, text: await readFile(path, 'utf8') });
      }
      return found;
    },
    edit: async (file, change) => {
      const path = join(root, file);
      const text = await readFile(path, 'utf8');
      const changed = change(text);
      if (changed === text) throw new Error(`${file} has no longer what was to be edited`);
      await writeFile(path, changed);
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/**
 * Ours by links into the copy, relative as npm makes them. Outside packages by hard links: a bundle leaves out only what really lies in its own
 * workspace. Those that are bundled need what they import.
 */
async function linkPackages(workspace: string, root: string, packages: readonly string[]): Promise<void> {
  const [from, to] = [join(workspace, 'node_modules'), join(root, 'node_modules')];
  for (const name of packages) await linkTree(join(from, name), join(to, name));
  await mkdir(join(to, '@retort'), { recursive: true });
  for (const name of await readdir(join(from, '@retort'))) {
    const target = relative(workspace, await realpath(join(from, '@retort', name)));
    if (target.startsWith('libs')) await symlink(join('../..', target), join(to, '@retort', name));
  }
}

async function outsideNames(workspace: string): Promise<string[]> {
  const needs = async (folder: string) => {
    const manifest = JSON.parse(await readFile(join(workspace, folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    return Object.keys(manifest.dependencies ?? {});
  };
  const direct = await needs('.');
  const ofTensors = direct.filter((name) => name.startsWith('@tensorflow/'));
  const inner = await Promise.all(ofTensors.map((name) => needs(`node_modules/${name}`).catch(() => [])));
  const names = [...new Set([...direct, ...inner.flat()])].filter((name) => !name.startsWith('@retort/'));
  const isThere = await Promise.all(
    names.map((name) => stat(join(workspace, 'node_modules', name)).then(Boolean, () => false)),
  );
  return names.filter((_, at) => isThere[at]);
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    // Another file system has no hard links to this one.
    else if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target));
  }
}
