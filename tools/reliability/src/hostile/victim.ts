import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SECRET = 'what belongs to somebody else\n';

/** A folder outside of the store and of everything declared, which must stay as it is. */
export interface Victim {
  readonly path: string;
  readonly file: string;
  /** @throws Error when anything in it was changed, added or removed */
  readonly check: () => Promise<void>;
}

/** @param folder  of the attempt; the victim lies in it, beside the store */
export async function createVictim(folder: string): Promise<Victim> {
  const path = join(folder, 'victim');
  const file = join(path, 'secret.txt');
  await mkdir(join(path, 'inner'), { recursive: true });
  await writeFile(file, SECRET);
  // As old as what a store would take for left over by a dead process.
  const then = new Date(Date.now() - 90 * 86_400_000);
  for (const each of [file, join(path, 'inner'), path]) await utimes(each, then, then);
  const before = (await stat(file)).mtimeMs;
  const check = async () => {
    const names = (await readdir(path)).sort().join();
    if (names !== 'inner,secret.txt') throw new Error(`the folder outside holds ${names} now`);
    if ((await readFile(file, 'utf8')) !== SECRET || (await stat(file)).mtimeMs !== before)
      throw new Error('the file outside was written');
  };
  return { path, file, check };
}
