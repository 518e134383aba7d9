import { readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { globSync } from 'tinyglobby';

export interface WorkspacePackage {
  readonly name: string;
  /** Relative to the workspace, with `/`. */
  readonly folder: string;
  /** Source files relative to the workspace. */
  readonly files: readonly string[];
}

const IGNORED = ['**/node_modules/**', '**/fixtures/**'];

/** The packages of a workspace, found as npm finds them, each with the source files that it owns. */
export function readPackages(workspace: string): WorkspacePackage[] {
  const manifests = globSync(['{apps,libs,tools}/*/package.json', 'libs/*/*/package.json'], {
    cwd: workspace,
    ignore: IGNORED,
  });
  return manifests.sort().map((manifest) => {
    const folder = dirname(manifest);
    const { name } = JSON.parse(readFileSync(`${workspace}/${manifest}`, 'utf8')) as { name: string };
    return {
      name,
      folder,
      files: globSync(`${folder}/**/*.{ts,mts,js,mjs,cjs}`, { cwd: workspace, ignore: IGNORED }).sort(),
    };
  });
}
