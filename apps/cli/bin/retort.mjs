#!/usr/bin/env node
// Plain JavaScript, because nothing can load TypeScript yet: bundles the command (milliseconds when nothing changed) and runs it.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (process.versions.pnp !== undefined) {
  console.error(
    "PLUG_AND_PLAY\n  Yarn's Plug'n'Play keeps packages in archives, and Retort needs them in node_modules. Put nodeLinker: node-modules into .yarnrc.yml and run yarn install.",
  );
  process.exit(1);
}
const installation = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '../../..');
const closure = await import('@retort/code-closure').catch((error) => {
  const isInstalled = existsSync(join(installation, 'node_modules/@retort/code-closure'));
  if (error.code === 'ERR_MODULE_NOT_FOUND' && !isInstalled) {
    console.error(
      `CODE_PACKAGE_NOT_INSTALLED\n  The packages of this checkout are not installed. Run npm ci in ${installation}.`,
    );
  } else if (['EMFILE', 'ERR_MODULE_NOT_FOUND'].includes(error.code)) {
    // Node also finds no package where it may open no more files.
    console.error('TOO_MANY_OPEN_FILES\n  This process may open too few files to start. Raise the limit (ulimit -n).');
  } else throw error;
  process.exitCode = 1;
});
await closure?.runEntry({ installation, entryFile: join(installation, 'apps/cli/src/main.ts'), forPlanning: true });
