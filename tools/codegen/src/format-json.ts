import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** JSON as the formatter of the workspace wants it, so that a generated file passes the format check. */
export function formatJson(root: string, path: string, value: unknown): string {
  return formatText(root, path, JSON.stringify(value, undefined, 2));
}

/** Text as the formatter of the workspace wants it in a file of this name. */
export function formatText(root: string, path: string, input: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}
