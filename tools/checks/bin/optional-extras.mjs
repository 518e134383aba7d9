#!/usr/bin/env node
// @ts-check
// Prints which of the extras are there that some tests need and skip without: Nx takes it into the key of a test run.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { userCacheFolder } from '@retort/code-closure/user-cache-folder';

const beside = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const tensorflow = `${userCacheFolder(process.env)}/libtensorflow`;
console.log([beside, tensorflow].map((folder) => `${folder} ${existsSync(folder)}`).join('\n'));
