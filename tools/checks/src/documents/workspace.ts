import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { globSync } from 'tinyglobby';
import { IGNORED, readPackages, type WorkspacePackage } from '../packages.mjs';

export interface Workspace {
  readonly root: string;
  readonly packages: readonly WorkspacePackage[];
  /** Markdown files that are checked, relative to the root. */
  readonly documents: readonly string[];
}

/** The packages that npm finds, and every document of the root, of `docs`, and beside a package or a folder of tools. */
export function readWorkspace(root: string): Workspace {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };
  const readmes = workspaces.map((pattern) => `${pattern}/README.md`);
  const documents = globSync(['*.md', 'docs/**/*.md', 'pipelines/**/*.md', 'libs/**/README.md', ...readmes], {
    cwd: root,
    ignore: IGNORED,
  });
  return { root, packages: readPackages(root), documents: documents.sort() };
}

/** Folder of the package that a document describes; undefined for documents of the whole repository. */
export function packageFolderOf(document: string, { packages }: Workspace): string | undefined {
  return packages.find(({ folder }) => dirname(document) === folder)?.folder;
}

export function exists(root: string, path: string): boolean {
  return existsSync(join(root, path));
}
