#!/usr/bin/env node
// Bundles and runs the generator: `node tools/codegen/bin/codegen.mjs [--check]`.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'node_modules/.cache/retort-codegen');
const outfile = join(folder, `codegen-${process.pid}.mjs`);
mkdirSync(folder, { recursive: true });
try {
  await build({
    entryPoints: [join(root, 'tools/codegen/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        // Node cannot load our TypeScript; everything else it finds by itself.
        name: 'packages-stay-outside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@retort/') ? undefined : { path, external: true },
          ),
      },
    ],
    logLevel: 'error',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main({ root, arguments: process.argv.slice(2) });
} finally {
  rmSync(outfile, { force: true });
}
