// Plain JavaScript, because nothing can load TypeScript yet: bundles src/main.ts and runs it.
import { join } from 'node:path';
import { runEntry } from '@retort/code-closure';

const workspace = join(import.meta.dirname, '../../..');
await runEntry({ installation: workspace, entryFile: join(import.meta.dirname, '../src/main.ts') });
