#!/usr/bin/env node
// Plain JavaScript, because nothing can load TypeScript yet: bundles the command (milliseconds when nothing changed) and runs it.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleEntry, CodeError } from '@retort/code-closure';

const workspace = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '../../..');
const entryFile = join(workspace, 'apps/cli/src/main.ts');
try {
  const { path } = await bundleEntry({ workspace, entryFile });
  const { main } = await import(pathToFileURL(path).href);
  process.exitCode = await main(workspace, process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CodeError)) throw error;
  console.error(`${error.code}\n  The code of this command cannot be bundled.\n  ${error.message}`);
  process.exitCode = 1;
}
