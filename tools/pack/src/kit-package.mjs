import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { readLock } from './dependencies.mjs';
import { folderName, readManifest, writeManifest } from './pack.mjs';

const KIT = '@retort/plugin-kit';

/**
 * `@retort/plugin-kit`, what authors of plug-ins import: JavaScript with our packages bundled in, and their types beside it.
 * The types are those that `npm run typecheck` has written.
 *
 * @param {{ root: string, work: string, shared: Record<string, unknown> }} options
 */
export async function stageKit({ root, work, shared }) {
  const to = join(work, folderName(KIT));
  const lock = await readLock(root);
  const folders = new Map(
    Object.entries(lock).flatMap(([place, { link, resolved }]) =>
      link && resolved ? [[place.replace('node_modules/', ''), resolved]] : [],
    ),
  );
  const folder = /** @type {string} */ (folders.get(KIT));
  const { exports } = await readManifest(join(root, folder));
  const { metafile } = await build({
    entryPoints: Object.fromEntries(
      Object.entries(exports).map(([name, file]) => [entryName(name), join(root, folder, String(file))]),
    ),
    outdir: join(to, 'dist'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    metafile: true,
    absWorkingDir: root,
    plugins: [
      {
        name: 'npm-packages-stay-outside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@retort/') ? undefined : { path, external: true },
          ),
      },
    ],
  });
  const types = new Types(root, join(to, 'types'), folders);
  for (const file of Object.values(exports)) await types.add(`${folder}/${String(file).replace('./', '')}`);
  await cp(join(root, folder, 'README.md'), join(to, 'README.md'));
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const names = [...new Set(outside)].filter((name) => `node_modules/${name}` in lock);
  await writeManifest(to, {
    name: KIT,
    ...shared,
    description: 'What a plug-in of Retort is written with: stages, losses, metrics and whatever else can be added.',
    exports: Object.fromEntries(
      Object.entries(exports).map(([name, file]) => [
        name,
        {
          types: `./types/${folder}/${declarationName(String(file).replace('./', ''))}`,
          default: `./dist/${entryName(name)}.mjs`,
        },
      ]),
    ),
    dependencies: Object.fromEntries(names.sort().map((name) => [name, lock[`node_modules/${name}`]?.version])),
  });
}

/** @param {string} name  such as `./testing` */
function entryName(name) {
  return name === '.' ? 'index' : name.slice(2);
}

/**
 * Copies type declarations with all that they import, and makes imports of our packages lead to the copies. A declaration bundler would do the same
 * with Rollup and a parser of its own; this needs the compiler alone.
 */
class Types {
  #root;
  #to;
  #folders;
  /** @type {Set<string>} */
  #copied = new Set();

  /**
   * @param {string} root
   * @param {string} to
   * @param {ReadonlyMap<string, string>} folders  of our packages, by name
   */
  constructor(root, to, folders) {
    this.#root = root;
    this.#to = to;
    this.#folders = folders;
  }

  /** @param {string} source  such as `libs/plugin-kit/src/index.ts` */
  async add(source) {
    if (this.#copied.has(source)) return;
    this.#copied.add(source);
    const text = await readFile(this.#declaration(source), 'utf8');
    let written = '';
    let copiedTo = 0;
    for (const { fileName, pos } of ts.preProcessFile(text).importedFiles) {
      const target = await this.#target(fileName, source);
      if (target === undefined) continue;
      await this.add(target);
      const path = relative(dirname(source), target.replace(/\.ts$/, '.js')).replaceAll('\\', '/');
      // `pos` is that of the opening quote.
      written += text.slice(copiedTo, pos + 1) + (path.startsWith('.') ? path : `./${path}`);
      copiedTo = pos + 1 + fileName.length;
    }
    const file = join(this.#to, declarationName(source));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, written + text.slice(copiedTo));
  }

  /**
   * The source that an import leads to; undefined for what is not ours.
   *
   * @param {string} specifier
   * @param {string} source
   */
  async #target(specifier, source) {
    if (specifier.startsWith('.')) return join(dirname(source), specifier).replaceAll('\\', '/');
    const name = specifier.split('/').slice(0, 2).join('/');
    const folder = this.#folders.get(name);
    if (folder === undefined) return undefined;
    const { exports } = await readManifest(join(this.#root, folder));
    return `${folder}/${exports[`.${specifier.slice(name.length)}`].replace('./', '')}`;
  }

  /** JSON has none: a type is taken of the file itself. @param {string} source */
  #declaration(source) {
    if (source.endsWith('.json')) return join(this.#root, source);
    const folder = [...this.#folders.values()].find((each) => source.startsWith(`${each}/`)) ?? '';
    return join(this.#root, folder, 'node_modules/.cache/types', declarationName(source.slice(folder.length + 1)));
  }
}

/** @param {string} source */
function declarationName(source) {
  return source.replace(/\.(m?)[jt]s$/, '.d.$1ts');
}
