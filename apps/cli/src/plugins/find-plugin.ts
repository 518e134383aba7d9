import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';

const ENTRIES = ['index.ts', 'index.mjs', 'index.js', 'src/index.ts', 'src/index.mjs', 'src/index.js'];

/**
 * The file that a plug-in begins with: of a folder, or of an npm package that the workspace can import.
 *
 * @returns its real path, or why there is none
 */
export function findPlugin(plugin: string, workspace: string): { readonly file: string } | { readonly why: string } {
  const isPath = plugin.startsWith('.') || isAbsolute(plugin);
  const folder = isPath ? resolve(workspace, plugin) : packageFolder(plugin, workspace);
  if (folder === undefined)
    return {
      why: `no npm package of this name is installed in ${workspace}. Install it, or write "./" before a folder`,
    };
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return { why: `${folder} does not exist` };
  if (found.isFile()) return { file: realpathSync(folder) };
  const entry = [mainOf(folder), ...ENTRIES].find((name) => name !== undefined && existsSync(join(folder, name)));
  if (entry !== undefined) return { file: realpathSync(join(folder, entry)) };
  return {
    why: `${folder} has no module. Name one in "exports" of its package.json, or add ${ENTRIES[0]} or ${ENTRIES[1]}`,
  };
}

function packageFolder(name: string, workspace: string): string | undefined {
  const places = createRequire(join(workspace, 'package.json')).resolve.paths(name) ?? [];
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')));
}

/** `exports`, as far as it names one module, or `main`. */
function mainOf(folder: string): string | undefined {
  try {
    const { exports: exported, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const own = exported?.['.'] ?? exported;
    const target = own?.import ?? own?.default ?? own;
    return [target, main].find((each) => typeof each === 'string');
  } catch {
    return undefined;
  }
}
