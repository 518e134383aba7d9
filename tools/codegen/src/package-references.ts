import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path/posix';
import { importedPackages } from '@retort/checks/imports';
import { readPackages } from '@retort/checks/packages';
import { applyEdits, modify, parse } from 'jsonc-parser';
import { formatText } from './format-json.ts';
import type { GeneratedFile } from './generated-files.ts';

interface Tsconfig {
  readonly extends?: string;
  readonly references?: readonly { readonly path: string }[];
}

/**
 * The tsconfig.json of every package with references to the packages that it imports, tests included, and the one at the top with
 * references to all. What else a package says in its own stays.
 */
export function packageReferences(root: string): GeneratedFile[] {
  const packages = readPackages(root);
  const folders = new Map(packages.map(({ name, folder }) => [name, folder]));
  const own = packages.map((each) => {
    const imported = importedPackages(root, each).flatMap((name) => folders.get(name) ?? []);
    return { folder: each.folder, references: imported.map((folder) => relative(each.folder, folder)).sort() };
  });
  return [{ folder: '.', references: packages.map(({ folder }) => folder) }, ...own].map((each) =>
    withReferences(root, each),
  );
}

function withReferences(root: string, { folder, references }: { folder: string; references: readonly string[] }) {
  const path = join(folder, 'tsconfig.json');
  const start = folder === '.' ? { files: [] } : { extends: relative(folder, 'tsconfig.base.json') };
  const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : JSON.stringify(start);
  const current = (parse(text) as Tsconfig).references?.map((each) => each.path) ?? [];
  if (current.join('\n') === references.join('\n')) return { path, text };
  const value = references.length > 0 ? references.map((each) => ({ path: each })) : undefined;
  const edits = modify(text, ['references'], value, { formattingOptions: { insertSpaces: true, tabSize: 2 } });
  return { path, text: formatText(root, path, applyEdits(text, edits)) };
}
