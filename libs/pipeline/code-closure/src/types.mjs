/**
 * The code that one entry runs: what decides its bytes, and where it lies. The same shape as `CodeClosure` of
 * `@retort/pipeline-graph`, which this package may not import: it works before TypeScript can be loaded.
 *
 * @typedef {object} CodeClosure
 * @property {string} digest  SHA-256 of the minified bundle: of the entry and everything of ours that it imports
 * @property {Readonly<Record<string, string>>} packages  installed outside packages, with everything that those need: name -> version and digest of the files
 * @property {Readonly<Record<string, string>>} binaries  those with compiled code for this system: name -> digest of it; not the same on every machine
 * @property {string} path  absolute path of the bundle
 */

/**
 * @typedef {object} Bundle
 * @property {string} code  minified; a comment, a type or the name of a local never changes it
 * @property {string} map  source map of `code`, as JSON
 * @property {string[]} inputs  the files that decided it, from the workspace, with `/` after a link
 * @property {string[]} packages  names of the outside packages that it imports
 * @property {() => Promise<Readonly<Record<string, string>>>} listModules  see `moduleDigests`
 */

/**
 * @typedef {({ file: string } | { contents: string, name: string }) & { forPlanning?: true, plugins?: string[] }} Entry  a file by
 *   its path from the installation, or a generated module. For planning, libraries that compute are replaced by stand-ins.
 *   `plugins` are files of plug-ins: wherever they lie, they are bundled as our own code is
 */

export {};
