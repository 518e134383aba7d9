import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCode } from '@retort/code-closure';
import { execa } from 'execa';
import { type CopiedWorkspace, copyWorkspace } from './edited-code.ts';

/**
 * A way in which a checkout, its caches or its packages come to be other than they were when a stage was bundled.
 *
 * @see `CONDITIONS`
 */
export interface Condition {
  readonly name: string;
  /** Rejects when other code than that of the checkout would run. Returns why it could not be tried. */
  readonly check: (workspace: string) => Promise<string | undefined>;
}

const MODULE = '@retort/stage-corpus/run';
const EDITED_FILE = 'libs/stages/corpus/src/run.ts';
/** As long as what it replaces. */
const [TEXT, EDITED_TEXT] = ['There is too little text', 'There is too LITTLE text'];
/** That the stage needs, and that is small. */
const PACKAGE = 'fastest-levenshtein';

type Bring = (copy: CopiedWorkspace, beside: string) => Promise<string>;

/** Where a checkout may turn up again. Each returns its path. */
const PLACES: Readonly<Record<string, Bring>> = {
  'copied with its times (cp -a)': async ({ root }, beside) => {
    await copyTree(root, join(beside, 'copy'));
    return join(beside, 'copy');
  },
  'moved, with another checkout at its place': async ({ root }, beside) => {
    await copyTree(root, join(beside, 'other'));
    await rename(root, join(beside, 'moved'));
    await rename(join(beside, 'other'), root);
    return join(beside, 'moved');
  },
  'restored from an archive with its old times': async ({ root }, beside) => {
    await copyTree(root, join(beside, 'archive'));
    await rm(root, { recursive: true });
    await copyTree(join(beside, 'archive'), root);
    return root;
  },
  'reached by a symbolic link': async ({ root }, beside) => {
    await symlink(root, join(beside, 'link'));
    return join(beside, 'link');
  },
};

export const CONDITIONS: readonly Condition[] = [
  ...Object.entries(PLACES).map(
    ([name, bring]): Condition => ({
      name: `a checkout ${name} runs its own code`,
      check: (workspace) => inCopy(workspace, async (copy, beside) => runsOwnCode(await bring(copy, beside))),
    }),
  ),
  {
    name: 'a checkout mounted at another place runs its own code',
    check: (workspace) => inCopy(workspace, mounted),
  },
  {
    name: 'a worktree with node_modules of its own runs its own code, beside the checkout',
    check: (workspace) =>
      inCopy(workspace, async (copy) => {
        await openCode({ installation: copy.root }).closureOf(MODULE);
        return inCopy(workspace, ({ root }) => runsOwnCode(root));
      }),
  },
  {
    name: 'a worktree whose node_modules are a link to those of another is refused',
    check: (workspace) => inCopy(workspace, linkedModules),
  },
  {
    name: 'an edit that keeps size and modification time is seen',
    check: (workspace) =>
      inCopy(workspace, async ({ root }) => {
        const before = await codeOf(root);
        await editUnseen(join(root, EDITED_FILE), TEXT, EDITED_TEXT);
        const after = await codeOf(root);
        if (before.digest === after.digest || !after.text.includes(EDITED_TEXT)) throw new Error('it was not seen');
      }),
  },
  ...(['same size', 'cut', 'empty', 'gone'] as const).map(
    (damage): Condition => ({
      name: `a damaged bundle is made again and never run: ${damage}`,
      check: (workspace) => inCopy(workspace, ({ root }) => damagedBundle(root, damage)),
    }),
  ),
  ...['', '{', 'null', '{"format":3,"packages":[]}'].map(
    (text): Condition => ({
      name: `a damaged memo costs time alone: ${JSON.stringify(text)}`,
      check: (workspace) => inCopy(workspace, ({ root }) => replacedMemos(root, () => text)),
    }),
  ),
  {
    name: 'memos of another checkout are not believed',
    check: (workspace) => inCopy(workspace, foreignMemos),
  },
  {
    name: 'a lock that is ahead of node_modules is reported, and the key has what is installed',
    check: (workspace) => inCopy(workspace, lockAhead),
  },
  {
    name: 'an edited package inside node_modules changes the key',
    check: (workspace) => inCopy(workspace, editedPackage),
  },
];

type Tried = string | undefined | void;

async function inCopy(
  workspace: string,
  act: (copy: CopiedWorkspace, beside: string) => Promise<Tried>,
): Promise<string | undefined> {
  const { packages } = await openCode({ installation: workspace }).closureOf(MODULE);
  const copy = await copyWorkspace(workspace, Object.keys(packages));
  const beside = await mkdtemp(join(tmpdir(), 'retort-beside-'));
  try {
    await codeOf(copy.root);
    return (await act(copy, beside)) ?? undefined;
  } finally {
    await copy.remove();
    await rm(beside, { recursive: true, force: true });
  }
}

function copyTree(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** A stage's code as the runner would run it. */
async function codeOf(root: string) {
  const code = openCode({ installation: root });
  const closure = await code.closureOf(MODULE);
  const path = await code.requireIntact(MODULE, closure);
  return { ...closure, path, text: await readFile(path, 'utf8'), lockDifferences: code.lockDifferences };
}

async function runsOwnCode(root: string): Promise<void> {
  const before = await codeOf(root);
  const file = join(root, EDITED_FILE);
  await writeFile(file, (await readFile(file, 'utf8')).replace(TEXT, EDITED_TEXT));
  const after = await codeOf(root);
  if (before.digest === after.digest || before.text.includes(EDITED_TEXT) || !after.text.includes(EDITED_TEXT))
    throw new Error('an edit there was not seen');
}

async function editUnseen(path: string, text: string, edited: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const before = await readFile(path, 'utf8');
  if (!before.includes(text)) throw new Error(`${path} has no longer what was to be edited`);
  // Packages are hard links to those of the checkout: the copy gets a file of its own.
  await rm(path);
  await writeFile(path, before.replace(text, edited));
  await utimes(path, atime, mtime);
}

async function mounted({ root }: CopiedWorkspace, beside: string): Promise<Tried> {
  const place = join(beside, 'mounted');
  await mkdir(place);
  const { failed } = await execa('mount', ['--bind', root, place], { reject: false });
  if (failed) return 'this user may not mount';
  try {
    await runsOwnCode(place);
  } finally {
    await execa('umount', [place]);
  }
  return undefined;
}

async function linkedModules({ root }: CopiedWorkspace, beside: string): Promise<void> {
  const worktree = join(beside, 'worktree');
  await mkdir(worktree);
  for (const name of ['package.json', 'package-lock.json', 'libs'])
    await cp(join(root, name), join(worktree, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(worktree, 'node_modules'));
  const error = await codeOf(worktree).catch((cause: Error & { code?: string }) => cause);
  if (!(error instanceof Error)) throw new Error('it was bundled');
  if (error.code !== 'CODE_OF_OTHER_WORKSPACE' || !error.message.includes('is a link to')) throw error;
}

async function damagedBundle(root: string, damage: 'same size' | 'cut' | 'empty' | 'gone'): Promise<void> {
  const code = openCode({ installation: root });
  const closure = await code.closureOf(MODULE);
  const text = await readFile(closure.path, 'utf8');
  if (damage === 'gone') await rm(closure.path);
  if (damage === 'same size') await editUnseen(closure.path, TEXT, EDITED_TEXT);
  if (damage === 'cut') await writeFile(closure.path, text.slice(0, text.length / 2));
  if (damage === 'empty') await writeFile(closure.path, '');
  const path = await code.requireIntact(MODULE, closure);
  if ((await readFile(path, 'utf8')) !== text) throw new Error('a damaged bundle would have run');
  if ((await codeOf(root)).digest !== closure.digest) throw new Error('the digest changed');
}

async function replacedMemos(root: string, replacement: (text: string) => string): Promise<void> {
  const before = await codeOf(root);
  for (const path of await memosOf(root)) await writeFile(path, replacement(await readFile(path, 'utf8')));
  const { digest, packages, text } = await codeOf(root);
  if (digest !== before.digest || text !== before.text || JSON.stringify(packages) !== JSON.stringify(before.packages))
    throw new Error('a memo decided what runs');
}

async function memosOf(root: string): Promise<string[]> {
  const cache = join(root, 'node_modules/.cache/retort');
  const names = await readdir(join(cache, 'code/memo'));
  return [...names.map((name) => join(cache, 'code/memo', name)), join(cache, 'packages.json')];
}

/** Those of a checkout with other code, whose bundle is there, too. */
async function foreignMemos({ root }: CopiedWorkspace, beside: string): Promise<void> {
  const before = await codeOf(root);
  const other = join(beside, 'other');
  await copyTree(root, other);
  await editUnseen(join(other, EDITED_FILE), TEXT, EDITED_TEXT);
  await codeOf(other);
  await copyTree(join(other, 'node_modules/.cache'), join(root, 'node_modules/.cache'));
  const after = await codeOf(root);
  if (after.text !== before.text) throw new Error("the other checkout's code would have run");
}

async function lockAhead({ root }: CopiedWorkspace): Promise<void> {
  const before = await codeOf(root);
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(await readFile(path, 'utf8'));
  const locked = '99.0.0';
  lock.packages[`node_modules/${PACKAGE}`].version = locked;
  await writeFile(path, JSON.stringify(lock));
  const after = await codeOf(root);
  if (!after.lockDifferences.some((each) => each.name === PACKAGE && each.locked === locked))
    throw new Error('it was not reported');
  if (after.packages[PACKAGE] !== before.packages[PACKAGE]) throw new Error('the key has what is locked');
}

async function editedPackage({ root }: CopiedWorkspace): Promise<void> {
  const before = await codeOf(root);
  if (before.packages[PACKAGE] === undefined) throw new Error(`the stage no longer needs ${PACKAGE}`);
  const folder = join(root, 'node_modules', PACKAGE);
  const { main } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { main: string };
  await editUnseen(join(folder, main), 'distance', 'DISTANCE');
  const after = await codeOf(root);
  const changed = Object.keys(after.packages).filter((name) => after.packages[name] !== before.packages[name]);
  if (changed.join() !== PACKAGE) throw new Error(`changed: ${changed.join() || 'nothing'}`);
}
