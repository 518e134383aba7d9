import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isLoadable, listFiles } from '@retort/code-closure';

/** Larger than any package that is used; more would only be there to fill the memory. */
const MAX_ARCHIVE_BYTES = 2 ** 30;
const BLOCK = 512;

/**
 * The files of an installed package, as far as they may be loaded here, that are not those that were published: changed, missing
 * or added. Undefined where npm's cache has not got the archive that the lock names.
 */
export async function editedFiles(
  folder: string,
  integrity: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string[] | undefined> {
  const archive = await readArchive(integrity, env);
  if (archive === undefined) return undefined;
  const published = new Map([...filesIn(archive)].filter(([name]) => isLoadable(name)));
  const names = new Set([...published.keys(), ...listFiles(folder).names]);
  const isSame = await Promise.all(
    [...names].map(async (name) => {
      const found = await readFile(join(folder, name)).catch(() => undefined);
      return found !== undefined && published.get(name)?.equals(found) === true;
    }),
  );
  return [...names].filter((_, i) => !isSame[i]).sort();
}

/** Unpacked, and only when its bytes are those of the lock. */
async function readArchive(integrity: string | undefined, env: NodeJS.ProcessEnv): Promise<Buffer | undefined> {
  const digest = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity ?? '')?.[1];
  if (digest === undefined) return undefined;
  const hex = Buffer.from(digest, 'base64').toString('hex');
  const place = ['_cacache', 'content-v2', 'sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  const bytes = await readFile(join(npmCache(env), ...place)).catch(() => undefined);
  if (bytes === undefined || createHash('sha512').update(bytes).digest('base64') !== digest) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_ARCHIVE_BYTES });
  } catch {
    return undefined;
  }
}

function npmCache(env: NodeJS.ProcessEnv): string {
  if (env['npm_config_cache']) return env['npm_config_cache'];
  return process.platform === 'win32' ? join(env['LOCALAPPDATA'] ?? homedir(), 'npm-cache') : join(homedir(), '.npm');
}

/** Plain files of a tar archive, by their path below its one folder. Long names come in a header of their own (pax). */
function* filesIn(archive: Buffer): Iterable<[string, Buffer]> {
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, length: number) =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const body = archive.subarray(at + BLOCK, at + BLOCK + size);
    const type = text(156, 1);
    if (type === 'x') longName = /\d+ path=(.*)\n/.exec(body.toString('utf8'))?.[1];
    else {
      const prefix = text(345, 155);
      const name = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
      if (type === '0' || type === '') yield [name.replace(/^[^/]*\//, ''), body];
      longName = undefined;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
