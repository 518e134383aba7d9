import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stageCommand } from './command-package.mjs';
import { stageKit } from './kit-package.mjs';
import { nativePackages, stageNativePackages } from './native-packages.mjs';
import { stageNxPlugin } from './nx-plugin-package.mjs';

const execute = promisify(execFile);

/**
 * Writes the tarballs of everything that is published, after removing those of an earlier time.
 *
 * @param {{ root: string, out: string, onlyHere?: boolean }} options  `onlyHere`: native libraries of this system alone
 * @returns {Promise<string[]>} absolute paths
 */
export async function pack({ root, out, onlyHere = false }) {
  const work = join(out, 'packages');
  await rm(out, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const { version, license, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const shared = { version, license, engines, type: 'module', repository: undefined };
  const native = await nativePackages(root);
  await stageNativePackages({ root, work, native, onlyHere });
  await stageCommand({ root, work, shared, native });
  await stageKit({ root, work, shared });
  await stageNxPlugin({ root, work, shared });
  const tarballs = [];
  for (const folder of (await readdir(work)).sort()) {
    const path = join(work, folder);
    // The licence of what is republished is its own.
    if (!native.some(({ folders }) => folders.includes(folder))) await cp(join(root, 'LICENSE'), join(path, 'LICENSE'));
    const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', out], {
      cwd: path,
      maxBuffer: 1 << 28,
    });
    tarballs.push(join(out, fileNameIn(stdout)));
  }
  await rm(work, { recursive: true });
  return tarballs;
}

/** npm 11 and later print an object by name, older ones a list. @param {string} stdout */
function fileNameIn(stdout) {
  const [packed] = Object.values(JSON.parse(stdout));
  return packed.filename;
}

/**
 * @param {string} folder
 * @param {Record<string, unknown>} manifest
 */
export async function writeManifest(folder, manifest) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** @param {string} folder */
export async function readManifest(folder) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

/** Of a package while it is packed. @param {string} name */
export function folderName(name) {
  return name.replace('@', '').replace('/', '-');
}
