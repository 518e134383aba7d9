import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCode } from '@retort/code-closure';
import { type Case, copyCheckout, inFolder, skip } from '@retort/lab';
import { execa } from 'execa';

const MODULE = '@retort/stage-corpus/run';
const EDITED_FILE = 'libs/stages/corpus/src/run.ts';
/** As long as what it replaces. */
const [TEXT, EDITED_TEXT] = ['There is too little text', 'There is too LITTLE text'];
/** That the stage needs, and that is small. */
const PACKAGE = 'fastest-levenshtein';

/** @param beside  an empty folder beside the checkout */
type Act = (root: string, beside: string) => Promise<unknown>;

/** Where a checkout may turn up again. Each returns its path. */
const PLACES: Readonly<Record<string, (root: string, beside: string) => Promise<string>>> = {
  'copied with its times (cp -a)': async (root, beside) => {
    await copyTree(root, join(beside, 'copy'));
    return join(beside, 'copy');
  },
  'moved, with another checkout at its place': async (root, beside) => {
    await copyTree(root, join(beside, 'other'));
    await rename(root, join(beside, 'moved'));
    await rename(join(beside, 'other'), root);
    return join(beside, 'moved');
  },
  'restored from an archive with its old times': async (root, beside) => {
    await copyTree(root, join(beside, 'archive'));
    await rm(root, { recursive: true });
    await copyTree(join(beside, 'archive'), root);
    return root;
  },
  'reached by a symbolic link': async (root, beside) => {
    await symlink(root, join(beside, 'link'));
    return join(beside, 'link');
  },
};

/** Ways in which a checkout, its caches or its packages come to be other than they were when a stage was bundled. */
export const CONDITIONS: Readonly<Record<string, Act>> = {
  ...Object.fromEntries(
    Object.entries(PLACES).map(([name, bring]): [string, Act] => [
      `a checkout ${name} runs its own code`,
      async (root, beside) => runsOwnCode(await bring(root, beside)),
    ]),
  ),
  'a checkout mounted at another place runs its own code': mounted,
  'a worktree with node_modules of its own runs its own code, beside the checkout': async (root, beside) =>
    runsOwnCode(copyForStage(root, join(beside, 'worktree'), await packagesOf(root))),
  'a worktree whose node_modules are a link to those of another is refused': linkedModules,
  'an edit that keeps size and modification time is seen': async (root) => {
    const before = await codeOf(root);
    await editUnseen(join(root, EDITED_FILE), TEXT, EDITED_TEXT);
    const after = await codeOf(root);
    assert(before.digest !== after.digest && after.text.includes(EDITED_TEXT), 'it was not seen');
  },
  ...Object.fromEntries(
    (['same size', 'cut', 'empty', 'gone'] as const).map((damage): [string, Act] => [
      `a damaged bundle is made again and never run: ${damage}`,
      (root) => damagedBundle(root, damage),
    ]),
  ),
  ...Object.fromEntries(
    ['', '{', 'null', '{"format":3,"packages":[]}'].map((text): [string, Act] => [
      `a damaged memo costs time alone: ${JSON.stringify(text)}`,
      (root) => replacedMemos(root, text),
    ]),
  ),
  'memos of another checkout are not believed': foreignMemos,
  'a lock that is ahead of node_modules is reported, and the key has what is installed': lockAhead,
  'an edited package inside node_modules changes the key': editedPackage,
};

/** Each fails when other code than that of the checkout would run. */
export function conditionCases({ workspace, scratchFolder }: { workspace: string; scratchFolder: string }): Case[] {
  return Object.entries(CONDITIONS).map(([name, act]) => ({
    name,
    run: () =>
      inFolder(scratchFolder, async (folder) => {
        const root = copyForStage(workspace, join(folder, 'checkout'), await packagesOf(workspace));
        const beside = join(folder, 'beside');
        await mkdir(beside);
        await codeOf(root);
        await act(root, beside);
      }),
  }));
}

/** With what one stage needs. @returns its path */
function copyForStage(workspace: string, target: string, packages: readonly string[]): string {
  return copyCheckout(workspace, target, { sources: ['libs'], packages });
}

async function packagesOf(root: string): Promise<string[]> {
  return Object.keys((await openCode({ installation: root }).closureOf(MODULE)).packages);
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
  assert(before.digest !== after.digest && !before.text.includes(EDITED_TEXT), 'an edit there was not seen');
  assert(after.text.includes(EDITED_TEXT), 'an edit there was not seen');
}

async function editUnseen(path: string, text: string, edited: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const before = await readFile(path, 'utf8');
  assert(before.includes(text), `${path} has no longer what was to be edited`);
  // Packages are hard links to those of the checkout: the copy gets a file of its own.
  await rm(path);
  await writeFile(path, before.replace(text, edited));
  await utimes(path, atime, mtime);
}

async function mounted(root: string, beside: string): Promise<void> {
  const place = join(beside, 'mounted');
  await mkdir(place);
  const { failed } = await execa('mount', ['--bind', root, place], { reject: false });
  if (failed) skip('this user may not mount');
  try {
    await runsOwnCode(place);
  } finally {
    await execa('umount', [place]);
  }
}

async function linkedModules(root: string, beside: string): Promise<void> {
  const worktree = join(beside, 'worktree');
  await mkdir(worktree);
  for (const name of ['package.json', 'package-lock.json', 'libs'])
    await cp(join(root, name), join(worktree, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(worktree, 'node_modules'));
  const error = await codeOf(worktree).catch((cause: Error & { code?: string }) => cause);
  assert(error instanceof Error, 'it was bundled');
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
  assert((await readFile(path, 'utf8')) === text, 'a damaged bundle would have run');
  assert((await codeOf(root)).digest === closure.digest, 'the digest changed');
}

async function replacedMemos(root: string, memo: string): Promise<void> {
  const before = await codeOf(root);
  for (const path of await memosOf(root)) await writeFile(path, memo);
  const { digest, packages, text } = await codeOf(root);
  const isSame = digest === before.digest && text === before.text;
  assert(isSame && JSON.stringify(packages) === JSON.stringify(before.packages), 'a memo decided what runs');
}

async function memosOf(root: string): Promise<string[]> {
  const cache = join(root, 'node_modules/.cache/retort');
  const names = await readdir(join(cache, 'code/memo'));
  return [...names.map((name) => join(cache, 'code/memo', name)), join(cache, 'packages.json')];
}

/** Those of a checkout with other code, whose bundle is there, too. */
async function foreignMemos(root: string, beside: string): Promise<void> {
  const before = await codeOf(root);
  const other = join(beside, 'other');
  await copyTree(root, other);
  await editUnseen(join(other, EDITED_FILE), TEXT, EDITED_TEXT);
  await codeOf(other);
  await copyTree(join(other, 'node_modules/.cache'), join(root, 'node_modules/.cache'));
  const after = await codeOf(root);
  assert(after.text === before.text, "the other checkout's code would have run");
}

async function lockAhead(root: string): Promise<void> {
  const before = await codeOf(root);
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(await readFile(path, 'utf8'));
  const locked = '99.0.0';
  lock.packages[`node_modules/${PACKAGE}`].version = locked;
  await writeFile(path, JSON.stringify(lock));
  const after = await codeOf(root);
  const isReported = after.lockDifferences.some((each) => each.name === PACKAGE && each.locked === locked);
  assert(isReported, 'it was not reported');
  assert(after.packages[PACKAGE] === before.packages[PACKAGE], 'the key has what is locked');
}

async function editedPackage(root: string): Promise<void> {
  const before = await codeOf(root);
  assert(before.packages[PACKAGE] !== undefined, `the stage no longer needs ${PACKAGE}`);
  const folder = join(root, 'node_modules', PACKAGE);
  const { main } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { main: string };
  await editUnseen(join(folder, main), 'distance', 'DISTANCE');
  const after = await codeOf(root);
  const changed = Object.keys(after.packages).filter((name) => after.packages[name] !== before.packages[name]);
  assert(changed.join() === PACKAGE, `changed: ${changed.join() || 'nothing'}`);
}
