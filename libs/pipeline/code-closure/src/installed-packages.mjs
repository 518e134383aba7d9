import { join, relative, sep } from 'node:path';
import { cacheFile } from './cache-file.mjs';
import { CodeError } from './code-error.mjs';
import { findPackage, projectOf } from './find-package.mjs';
import { isInstalledPackage, readPackage } from './installed-package.mjs';
import { readLock } from './lock.mjs';

/**
 * A package whose installed version is not the one that package-lock.json asks for.
 *
 * @typedef {{ name: string, locked: string, installed: string | undefined }} LockDifference
 */

/**
 * The outside packages of an import, with everything that those need: by name what is installed, as "21.2.0+" and a digest of
 * the files. Several of one name are joined: "4.0.0+…, 5.1.0+…". The same on every machine: without types, without compiled code
 * and without the packages that hold some system's.
 *
 * @typedef {object} Installed
 * @property {Readonly<Record<string, string>>} packages
 * @property {Readonly<Record<string, string>>} binaries  packages with compiled code for this system: name -> digest of it
 */

const FORMAT = 3;
const MEMO = 'packages.json';
const MODULES = 'node_modules/';

/** @typedef {import('./installed-package.mjs').InstalledPackage} InstalledPackage */

/** The outside packages of an installation, read once: what changes later does not matter to this object. */
export class InstalledPackages {
  #installation;
  /** @type {Record<string, InstalledPackage> | undefined} */
  #remembered;
  /** @type {Map<string, InstalledPackage | undefined>} */
  #read = new Map();
  /** @type {Map<string, LockDifference>} */
  #differences = new Map();
  /** @type {import('./lock.mjs').Lock | undefined} */
  #lock;
  /** @type {Set<string>} */
  #settled = new Set();
  #isChanged = false;

  /** @param {string} installation  its real path */
  constructor(installation) {
    this.#installation = installation;
  }

  /**
   * @param {readonly string[]} names  that our code imports
   * @returns {Installed}
   * @throws {CodeError} CODE_NO_LOCK, CODE_PACKAGE_NOT_LOCKED, CODE_PACKAGE_NOT_INSTALLED
   */
  describe(names) {
    /** @type {Map<string, Set<string>>} */
    const packages = new Map();
    /** @type {Map<string, Set<string>>} */
    const binaries = new Map();
    for (const { name, found, isOfPlatform } of this.#walk(names)) {
      if (!isOfPlatform) add(packages, name, `${found.version}+${found.digest}`);
      if (found.binaries !== '') add(binaries, name, found.binaries);
    }
    return { packages: joined(packages), binaries: joined(binaries) };
  }

  /**
   * Every package that these names and what they import lead to, as Node finds them.
   *
   * @param {readonly string[]} names
   */
  #walk(names) {
    const lock = names.length === 0 ? {} : this.#locked();
    const queue = names.map((name) => ({ name, from: '', isDirect: true, isOptional: false }));
    /** @type {Map<string, { name: string, place: string, found: InstalledPackage, isOfPlatform: boolean }>} */
    const walked = new Map();
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      const { name, from, isDirect, isOptional } = item;
      const place = this.#locate(name, from);
      if (isDirect && !(`${MODULES}${name}` in lock)) throw notLocked(name);
      if (place !== undefined && walked.has(place)) continue;
      const found = place === undefined ? undefined : this.#package(place);
      if (place === undefined || found === undefined) {
        if (isDirect) throw notInstalled(name, this.#installation);
        const inside = from.startsWith('../') ? '' : from;
        if (!isOptional) this.#compare(lock, lockedPlace(lock, name, inside), undefined);
        continue;
      }
      walked.set(place, { name, place, found, isOfPlatform: isOptional && found.isOfPlatform });
      this.#compare(lock, lockedAs(place, { name, version: found.version }, lock), found.version);
      for (const need of found.needs)
        queue.push({ name: need, from: place, isDirect: false, isOptional: found.optional.includes(need) });
    }
    return [...walked.values()];
  }

  /**
   * @param {readonly string[]} names  that our code imports
   * @returns {{ folder: string, integrity: string | undefined }[]}
   * @throws {CodeError} as `describe`
   */
  list(names) {
    return this.#walk(names).map(({ name, place, found: { version } }) => ({
      folder: join(this.#installation, place),
      integrity: this.#locked()[lockedAs(place, { name, version }, this.#locked())]?.integrity,
    }));
  }

  /** Of all packages that were asked for, those that are not as locked. */
  get differences() {
    return [...this.#differences.values()];
  }

  /** Keeps what was read for the next process. */
  async save() {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const read = Object.fromEntries([...this.#read].filter(([place]) => this.#settled.has(place)));
    const text = JSON.stringify({ format: FORMAT, packages: { ...this.#remembered, ...read } });
    await cacheFile(this.#installation, MEMO).write(text);
  }

  /** @param {string} place */
  #package(place) {
    if (this.#read.has(place)) return this.#read.get(place);
    this.#remembered ??= recall(this.#installation);
    const known = this.#remembered[place];
    const found = readPackage(join(this.#installation, place), known);
    this.#read.set(place, found?.package);
    if (found?.isSettled) this.#settled.add(place);
    if (found?.package !== known) this.#isChanged = true;
    return found?.package;
  }

  /**
   * The place of package `name` as it is imported from the package at `from`, with `../` where it lies above the installation.
   *
   * @param {string} name
   * @param {string} from
   */
  #locate(name, from) {
    const found = findPackage(name, join(this.#installation, from));
    return found === undefined ? undefined : relative(this.#installation, found).replaceAll(sep, '/');
  }

  /**
   * @param {Record<string, { version?: string }>} lock
   * @param {string | undefined} place
   * @param {string | undefined} installed
   */
  #compare(lock, place, installed) {
    const locked = place === undefined ? undefined : lock[place]?.version;
    if (place === undefined || locked === undefined || locked === installed) return;
    this.#differences.set(place, { name: place.slice(place.lastIndexOf(MODULES) + MODULES.length), locked, installed });
  }

  #locked() {
    try {
      this.#lock ??= readLock(this.#installation);
    } catch (cause) {
      const path = join(this.#installation, 'package-lock.json');
      throw new CodeError(
        'CODE_NO_LOCK',
        `${path} cannot be read, so the versions of packages cannot be checked. Run npm install.`,
        { cause },
      );
    }
    return this.#lock;
  }
}

/**
 * What the lock calls an installed package. One that lies above the installation lies where npm, pnpm or Yarn found room among the user's own
 * packages: it is called as one of the same version is.
 *
 * @param {string} place
 * @param {{ name: string, version?: string }} installed
 * @param {import('./lock.mjs').Lock} lock
 */
function lockedAs(place, { name, version }, lock) {
  if (!place.startsWith('../')) return place;
  const top = `${MODULES}${name}`;
  if (lock[top]?.version === version) return top;
  return Object.keys(lock).find((each) => each.endsWith(`/${top}`) && lock[each]?.version === version) ?? top;
}

/**
 * What an earlier process read: believed only as far as the files look as it says.
 *
 * @param {string} installation
 * @returns {Record<string, InstalledPackage>}
 */
function recall(installation) {
  try {
    const { format, packages } = JSON.parse(cacheFile(installation, MEMO).read() ?? '');
    if (format !== FORMAT) return {};
    return Object.fromEntries(Object.entries(packages).filter(([, each]) => isInstalledPackage(each)));
  } catch {
    return {};
  }
}

/**
 * @param {Record<string, unknown>} lock
 * @param {string} name
 * @param {string} from
 */
function lockedPlace(lock, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(MODULES) - 1))) {
    const place = `${at === '' ? '' : `${at}/`}${MODULES}${name}`;
    if (place in lock) return place;
    if (at === '') return undefined;
  }
}

/**
 * @param {Map<string, Set<string>>} found
 * @param {string} name
 * @param {string} text
 */
function add(found, name, text) {
  found.set(name, (found.get(name) ?? new Set()).add(text));
}

/** @param {Map<string, Set<string>>} found */
function joined(found) {
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, texts]) => [name, [...texts].sort().join(', ')]));
}

/** @param {string} name */
function notLocked(name) {
  return new CodeError(
    'CODE_PACKAGE_NOT_LOCKED',
    `The package "${name}" is imported but is not in package-lock.json. Run npm install.`,
  );
}

/**
 * @param {string} name
 * @param {string} installation
 */
function notInstalled(name, installation) {
  const project = projectOf(installation);
  return new CodeError(
    'CODE_PACKAGE_NOT_INSTALLED',
    `The package "${name}" is imported but is not in ${join(project, 'node_modules')}, or has no package.json that can be read. Run npm ci in ${project}.`,
  );
}
