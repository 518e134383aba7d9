import type { ModuleDigests } from '@retort/pipeline-graph';

/** A file of ours, or a bundled npm package, in which two versions of a stage's code differ. A side that lacks it is undefined. */
export interface ModuleChange {
  /** `distillation/attention-score-loss` for `libs/model/distillation/src/attention-score-loss.ts`; an npm package by its name, and a file of a plug-in by its path in the workspace or in its package. */
  readonly module: string;
  /** Digest of the minified source, or the version of a package. */
  readonly before?: string;
  readonly after?: string;
}

/** What differs between two versions of a stage's code, by name. */
export function compareModules(before: ModuleDigests, after: ModuleDigests): ModuleChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => ({
      module: moduleName(path),
      ...(before[path] !== undefined && { before: before[path] }),
      ...(after[path] !== undefined && { after: after[path] }),
    }));
}

/** How people call a module: its package's folder and its file, without what all have in common. */
export function moduleName(path: string): string {
  return path
    .replace(/^(\.\.\/)+/, '')
    .replace(/^(libs|apps|tools)\/((pipeline|data|model|stages)\/)?/, '')
    .replace('/src/', '/')
    .replace(/\.(ts|m?js)$/, '');
}
