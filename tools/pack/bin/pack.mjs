#!/usr/bin/env node
// `npm run pack [-- --here]`: writes dist/*.tgz, with native libraries of every system, or of this one alone.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from '../src/pack.mjs';

const { values } = parseArgs({ options: { here: { type: 'boolean', default: false }, out: { type: 'string' } } });
const root = join(import.meta.dirname, '../../..');
const tarballs = await pack({ root, out: values.out ?? join(root, 'dist'), onlyHere: values.here });
for (const path of tarballs) console.log(path);
