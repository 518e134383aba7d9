import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GeneratedFile } from './generated-files.ts';

const PAGES = 'docs/reference/stages';

/** Paths whose text differs from what is on disk. */
export function staleFiles(root: string, files: readonly GeneratedFile[]): string[] {
  return files.filter((file) => !isFresh(root, file)).map((file) => file.path);
}

/** Pages of stages that are gone. */
export function orphans(root: string, files: readonly GeneratedFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const pages = existsSync(join(root, PAGES)) ? readdirSync(join(root, PAGES)).sort() : [];
  return pages.map((page) => `${PAGES}/${page}`).filter((path) => !known.has(path));
}

/** Writes what is stale and removes `superfluous`; returns the paths that changed. */
export function writeFiles(root: string, files: readonly GeneratedFile[], superfluous: readonly string[]): string[] {
  const stale = files.filter((file) => !isFresh(root, file));
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const path of superfluous) rmSync(join(root, path));
  return [...stale.map((file) => file.path), ...superfluous];
}

function isFresh(root: string, { path, text }: GeneratedFile): boolean {
  return existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text;
}
