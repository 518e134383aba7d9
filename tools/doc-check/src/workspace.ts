import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { globSync } from 'tinyglobby';

export interface DocumentedPackage {
  readonly name: string;
  /** Relative to the workspace, with `/`. */
  readonly folder: string;
  /** Entry (`.`, `./run`) to a file relative to the package's folder. */
  readonly exports: Readonly<Record<string, string>>;
}

export interface Workspace {
  readonly root: string;
  readonly packages: readonly DocumentedPackage[];
  /** Markdown files that are checked, relative to the root. */
  readonly documents: readonly string[];
}

const IGNORED = ['**/node_modules/**', '**/fixtures/**'];

/** The packages that npm finds, and every document of the root, of `docs`, and beside a package or a folder of tools. */
export function readWorkspace(root: string): Workspace {
  const { workspaces } = readJson(join(root, 'package.json')) as { workspaces: readonly string[] };
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: root, ignore: IGNORED },
  );
  const packages = manifests.sort().map((manifest): DocumentedPackage => {
    const { name, exports = {} } = readJson(join(root, manifest)) as DocumentedPackage;
    return { name, folder: dirname(manifest), exports };
  });
  const readmes = workspaces.map((pattern) => `${pattern}/README.md`);
  const documents = globSync(['*.md', 'docs/**/*.md', 'pipelines/**/*.md', 'libs/**/README.md', ...readmes], {
    cwd: root,
    ignore: IGNORED,
  });
  return { root, packages, documents: documents.sort() };
}

/** Folder of the package that a document describes; undefined for documents of the whole repository. */
export function packageFolderOf(document: string, { packages }: Workspace): string | undefined {
  return packages.find(({ folder }) => dirname(document) === folder)?.folder;
}

export function exists(root: string, path: string): boolean {
  return existsSync(join(root, path));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
