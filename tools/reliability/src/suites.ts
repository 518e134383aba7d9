import type { Suite } from '@retort/lab';
import { crash } from './crash/index.ts';
import { crowd } from './crowd/index.ts';
import { damage } from './damage/index.ts';
import { determinism } from './determinism/index.ts';
import { disk } from './disk/index.ts';
import { gc } from './gc/index.ts';
import { hostile } from './hostile/index.ts';
import { key } from './key/index.ts';
import { smoke } from './smoke/index.ts';

/** In the order in which they run. */
export const SUITES: readonly Suite[] = [smoke, crowd, damage, disk, crash, gc, determinism, key, hostile];
