import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import type { Diagnostic } from '@retort/foundation/diagnostics';
import { globSync } from 'tinyglobby';
import { ALLOWED } from '../layers.mjs';
import { IGNORED, readPackages, type WorkspacePackage } from '../packages.mjs';
import { importsOf } from './imports.ts';

/** What was looked at, so that a test can see that it was not nothing, and every import that goes the wrong way. */
export interface BoundaryResult {
  readonly packages: number;
  readonly files: number;
  /** Imports of a package of ours by another. */
  readonly crossings: number;
  readonly problems: readonly Diagnostic[];
}

/** Checks the direction of every import between the packages of a workspace, tests included. */
export function checkBoundaries(workspace: string): BoundaryResult {
  const packages = readPackages(workspace);
  const byName = new Map(packages.map((each) => [each.name, each]));
  const problems: Diagnostic[] = packages.filter(({ layer }) => layer === undefined).map(unplaced);
  let crossings = 0;
  let files = 0;
  for (const owner of packages) {
    for (const file of sourceFiles(workspace, owner)) {
      files += 1;
      for (const { specifier, line } of importsOf(file, readFileSync(join(workspace, file), 'utf8'))) {
        const target = packageName(specifier);
        if (target !== undefined && target !== owner.name) crossings += 1;
        const problem = problemWith({
          owner,
          file,
          specifier,
          target: target === undefined ? undefined : byName.get(target),
        });
        if (problem) problems.push({ ...problem, location: { file, line } });
      }
    }
  }
  return {
    packages: packages.length,
    files,
    crossings,
    problems,
  };
}

interface Crossing {
  readonly owner: WorkspacePackage;
  readonly file: string;
  readonly specifier: string;
  readonly target: WorkspacePackage | undefined;
}

function problemWith({ owner, file, specifier, target }: Crossing): Diagnostic | undefined {
  if (specifier.startsWith('.')) {
    const path = join(dirname(file), specifier);
    const inside = path === owner.folder || path.startsWith(`${owner.folder}/`);
    return inside
      ? undefined
      : {
          code: 'BOUNDARY_RELATIVE',
          message: `"${specifier}" leaves the package ${owner.name}. Import the other package by its name.`,
        };
  }
  if (packageName(specifier) === undefined || target === owner) return undefined;
  if (!target)
    return { code: 'BOUNDARY_UNKNOWN_PACKAGE', message: `There is no package for "${specifier}" in this workspace.` };
  const [from, to] = [owner.layer, target.layer];
  const allowed = ALLOWED[from ?? ''];
  if (!allowed || !to || allowed.includes(to)) return undefined;
  return {
    code: 'BOUNDARY_DIRECTION',
    message: `${owner.name} (${from}) must not import ${target.name} (${to}). The layer ${from} may import: ${allowed.join(', ')}.`,
  };
}

/** Source files of a package, relative to the workspace, tests included. */
export function sourceFiles(workspace: string, { folder }: WorkspacePackage): string[] {
  return globSync(`${folder}/**/*.{ts,mts,js,mjs,cjs}`, { cwd: workspace, ignore: IGNORED }).sort();
}

/** Names of the other packages of ours that a package imports, tests included, sorted. */
export function importedPackages(workspace: string, owner: WorkspacePackage): string[] {
  const specifiers = sourceFiles(workspace, owner).flatMap((file) =>
    importsOf(file, readFileSync(join(workspace, file), 'utf8')).map(({ specifier }) => packageName(specifier)),
  );
  return [...new Set(specifiers)].filter((name) => name !== undefined && name !== owner.name).sort() as string[];
}

function unplaced({ name, folder }: WorkspacePackage): Diagnostic {
  return {
    code: 'BOUNDARY_UNPLACED',
    message: `${name} has no layer. Add it to tools/checks/src/layers.mjs.`,
    location: { file: folder },
  };
}

/** `@retort/x` of `@retort/x/sub`; undefined for anything that is not ours. */
function packageName(specifier: string): string | undefined {
  return /^@retort\/[^/]+/.exec(specifier)?.[0];
}
