// @ts-check

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x'];

/**
 * @typedef {{ version: string, dev?: boolean, license?: string, optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

/**
 * Entries for packages of other platforms that the lock file should have and has not, by path.
 *
 * @param {Lock} lock
 * @returns {Record<string, object>}
 */
export function missingPlatforms({ packages }) {
  const entries = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`])
      .map(([name, version]) => [`node_modules/${name}`, platformEntry(name, version, entry)]),
  );
  return Object.fromEntries(entries);
}

/**
 * @param {string} name such as `@nx/nx-linux-x64-musl`: it says what the package is for
 * @param {string} version
 * @param {Entry} parent
 */
function platformEntry(name, version, { dev, license }) {
  const words = (name.split('/').at(-1) ?? '').split('-');
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name} does not say its system and processor.`);
  const library = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  const libc = os[0] === 'linux' && words.some((word) => /^(musl|gnu)/.test(word)) ? { libc: [library] } : {};
  return { version, cpu, ...(dev && { dev }), ...libc, license, optional: true, os };
}
