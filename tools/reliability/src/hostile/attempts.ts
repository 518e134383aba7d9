import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Attempt, ESCAPE, RUN, retort, writePipeline } from './attempt.ts';
import { HUB_ATTEMPTS } from './hub-attempts.ts';
import { MANIFEST_ATTEMPTS } from './manifest-attempts.ts';
import { MODEL_ATTEMPTS } from './model-attempts.ts';
import { PLANTED_ATTEMPTS } from './planted-attempts.ts';
import { STORE_ATTEMPTS } from './store-attempts.ts';

const corpus = { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 2 } } };
const stagesNamed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, corpus]));
const numbered = (count: number) => stagesNamed(Array.from({ length: count }, (_, i) => `s${i}`));
const pipeline = (more: object) => JSON.stringify({ name: 'hostile', ...more });

/** `validate` refuses the file with a code. */
const refused = (name: string, text: string, code: string): Attempt => ({
  name,
  run: async (where) => {
    await writePipeline(where, text);
    return retort(['validate', './hostile.pipeline.json'], where, { exitCode: 2, text: code });
  },
});

/** Pipeline files, and what they name. */
export const PIPELINE_ATTEMPTS: readonly Attempt[] = [
  refused('100,000 stages', pipeline({ stages: numbered(100_000) }), 'PIPELINE_TOO_LARGE'),
  refused(
    '100,000 short stages',
    pipeline({ stages: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`s${i}`, {}])) }),
    'PIPELINE_TOO_MANY_STAGES',
  ),
  refused(
    'a circle of 9,000 stages',
    pipeline({
      stages: Object.fromEntries(
        Array.from({ length: 9000 }, (_, i) => [
          `s${i}`,
          { uses: 'tokenize', inputs: { text: `s${(i + 1) % 9000}.train` } },
        ]),
      ),
    }),
    'PIPELINE_CYCLE',
  ),
  refused(
    '50,000 unknown members',
    pipeline({
      stages: stagesNamed(['a']),
      ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`x${i}`, 0])),
    }),
    'PIPELINE_MORE_PROBLEMS',
  ),
  refused('a million brackets', '['.repeat(1_000_000), 'PIPELINE_TOO_DEEP'),
  refused(
    'prototype members',
    `{"name": "hostile", "__proto__": {"stages": 1}, "stages": {"constructor": {"uses": "corpus", "with": {"__proto__": {"polluted": 1}}}}}`,
    'PIPELINE_UNKNOWN_FIELD',
  ),
  refused(
    'a matrix of ten thousand million cells',
    pipeline({
      stages: stagesNamed(['a']),
      matrix: {
        seed: Array.from({ length: 100_000 }, (_, i) => i),
        'stages.a.seed': Array.from({ length: 100_000 }, (_, i) => i),
      },
    }),
    'PIPELINE_MATRIX_TOO_LARGE',
  ),
  refused(
    'names with line breaks and terminal escapes',
    pipeline({ stages: { [`a\n${ESCAPE}`]: { uses: `corpus${ESCAPE}` } }, [ESCAPE]: 1 }),
    'PIPELINE_BAD_NAME',
  ),
  refused('a file that extends a device', pipeline({ extends: '/dev/zero' }), 'PIPELINE_EXTENDS_NOT_FOUND'),
  {
    name: 'a gzip bomb as text',
    run: async (where) => {
      const packed = await promisify(gzip)(Buffer.alloc(32 << 20, '\n'));
      // Members of a gzip file may follow each other: each of these is 32 KiB and unpacks to 32 MiB.
      await writeFile(join(where.folder, 'bomb.txt.gz'), Buffer.concat(Array.from({ length: 64 }, () => packed)));
      const stages = {
        corpus: { uses: 'corpus', inputs: { files: './bomb.txt.gz' }, with: { source: { kind: 'files' } } },
      };
      await writePipeline(where, stages);
      return retort(RUN, where, { exitCode: 2, text: 'unpacks to more than' });
    },
  },
];

export const ATTEMPTS: readonly Attempt[] = [
  ...PIPELINE_ATTEMPTS,
  ...STORE_ATTEMPTS,
  ...PLANTED_ATTEMPTS,
  ...MODEL_ATTEMPTS,
  ...MANIFEST_ATTEMPTS,
  ...HUB_ATTEMPTS,
];
