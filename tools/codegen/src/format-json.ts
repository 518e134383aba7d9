import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** JSON as the formatter of the workspace wants it, so that a generated file passes the format check. */
export function formatJson(root: string, path: string, value: unknown): string {
  const biome = join(root, 'node_modules/.bin/biome');
  const input = JSON.stringify(value, undefined, 2);
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}
