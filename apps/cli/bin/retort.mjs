#!/usr/bin/env node
// Plain JavaScript, because nothing can load TypeScript yet: bundles the command (milliseconds when nothing changed) and runs it.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '../../..');
const closure = await import('@retort/code-closure').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(
    `CODE_PACKAGE_NOT_INSTALLED\n  The packages of this workspace are not installed. Run npm ci in ${workspace}.`,
  );
  process.exitCode = 1;
});
await closure?.runEntry({ workspace, entryFile: join(workspace, 'apps/cli/src/main.ts') });
