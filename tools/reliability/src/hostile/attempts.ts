import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { execa } from 'execa';

/** One file that was made to do harm, and what must come of it. */
export interface Attempt {
  readonly name: string;
  /** Resolves to what was seen; rejects when that is not right. */
  readonly run: (where: { folder: string; workspace: string }) => Promise<string>;
}

/** Heap of the command. The largest attempt would need many times that, were it believed. */
const HEAP_MEGABYTES = 512;
const ESCAPE = '\u001b]0;owned\u0007\u001b[31m';

const corpus = { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 2 } } };
const stagesNamed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, corpus]));
const numbered = (count: number) => stagesNamed(Array.from({ length: count }, (_, i) => `s${i}`));
const pipeline = (more: object) => JSON.stringify({ name: 'hostile', ...more });

/** `validate` refuses the file with a code. */
const refused = (name: string, text: string | (() => Promise<string>), code: string): Attempt => ({
  name,
  run: async ({ folder, workspace }) => {
    await writeFile(join(folder, 'hostile.pipeline.json'), typeof text === 'string' ? text : await text());
    return retort(['validate', './hostile.pipeline.json'], { folder, workspace }, { exitCode: 2, text: code });
  },
});

export const ATTEMPTS: readonly Attempt[] = [
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
    run: async ({ folder, workspace }) => {
      const packed = await promisify(gzip)(Buffer.alloc(32 << 20, '\n'));
      // Members of a gzip file may follow each other: each of these is 32 KiB and unpacks to 32 MiB.
      await writeFile(join(folder, 'bomb.txt.gz'), Buffer.concat(Array.from({ length: 64 }, () => packed)));
      const stages = {
        corpus: { uses: 'corpus', inputs: { files: './bomb.txt.gz' }, with: { source: { kind: 'files' } } },
      };
      await writeFile(join(folder, 'hostile.pipeline.json'), pipeline({ stages }));
      return retort(
        ['run', './hostile.pipeline.json'],
        { folder, workspace },
        { exitCode: 2, text: 'unpacks to more than' },
      );
    },
  },
];

async function retort(
  args: readonly string[],
  { folder, workspace }: { folder: string; workspace: string },
  expected: { exitCode: number; text: string },
): Promise<string> {
  const { exitCode, all, signal } = await execa(
    process.execPath,
    [join(workspace, 'apps/cli/bin/retort.mjs'), ...args],
    {
      cwd: folder,
      env: {
        RETORT_STORE: join(folder, 'store'),
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`,
        NO_COLOR: '1',
      },
      reject: false,
      all: true,
      timeout: 60_000,
    },
  );
  const text = all ?? '';
  if (exitCode !== expected.exitCode || !text.includes(expected.text))
    throw new Error(
      `exit ${exitCode ?? signal}: ${JSON.stringify(text.slice(-600))}; expected ${expected.exitCode} with ${expected.text}`,
    );
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text)) throw new Error('printed control characters');
  return expected.text;
}
