// Bundles src/main.ts, which imports TypeScript packages, and runs it: `node tools/bench/bin/bench.mjs [name…] [--json]`.
import { bundleEntry } from '@retort/code-closure';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const workspace = join(import.meta.dirname, '../../..');
const { path } = await bundleEntry({ workspace, entryFile: join(import.meta.dirname, '../src/main.ts') });
const { main } = await import(pathToFileURL(path).href);
process.exitCode = await main(process.argv.slice(2));
