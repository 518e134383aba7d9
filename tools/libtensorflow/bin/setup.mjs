// Plain JavaScript, because nothing can load TypeScript yet: bundles src/main.ts and runs it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleEntry } from '@retort/code-closure';

const workspace = join(import.meta.dirname, '../../..');
const { path } = await bundleEntry({ workspace, entryFile: join(import.meta.dirname, '../src/main.ts') });
const { main } = await import(pathToFileURL(path).href);
process.exitCode = await main(workspace, process.argv.slice(2));
