import { expect, test } from 'vitest';
import { asMarkdown } from './markdown.ts';
import { quantity } from './quantity.ts';
import type { LabReport } from './report.ts';

const REPORT: LabReport = {
  surroundings: {
    date: '2026-01-02T03:04:05.000Z',
    commit: '0123456789abcdef',
    isModified: true,
    system: 'linux 6.1 x64',
    processor: 'Some CPU',
    cores: 2,
    memoryBytes: 8 * 1024 ** 3,
    vectorExtensions: ['avx2', 'fma'],
    node: '20.20.0',
    packages: { esbuild: '1.2.3' },
  },
  options: {},
  experiments: [
    {
      name: 'planner',
      description: 'Planning',
      seconds: 1,
      outcomes: [
        { name: 'a | b', unit: 'ms', value: 12.34, repetitions: 3, lowest: 1.234, highest: 2345.6, limit: 12 },
        { name: 'peak', unit: 'bytes', value: 1536, repetitions: 1, lowest: 1536, highest: 1536, limit: 2048 },
        { name: 'plan', status: 'skipped', seconds: 0, detail: 'no pipeline' },
      ],
    },
    { name: 'broken', description: 'Fails', seconds: 1, outcomes: [], error: 'two\nlines' },
  ],
};

test('markdown has the surroundings, a table for each bench, skipped lines and failures', () => {
  expect(asMarkdown(REPORT)).toMatchInlineSnapshot(`
    "- processor: Some CPU, 2 cores
    - vector extensions: avx2 fma
    - memory: 8.00 GiB
    - system: linux 6.1 x64
    - node: 20.20.0
    - packages: esbuild 1.2.3
    - commit: 0123456789ab, with changes that are not in it
    - date: 2026-01-02T03:04:05.000Z

    ### planner

    Planning.

    | what | median | least to most | promise | notes |
    | --- | ---: | ---: | --- | --- |
    | a \\| b | 12.3 ms | 1.23 to 2,346 (3 ×) | at most 12.0 ms: BROKEN |  |
    | peak | 1.50 KiB |  | at most 2.00 KiB: kept |  |
    | plan | skipped |  |  | no pipeline |

    ### broken

    Fails.

    Failed: two lines"
  `);
});

test('quantities have three digits at least', () => {
  expect([
    quantity(1_234_567, 'tokens/s'),
    quantity(87.25, 'ms'),
    quantity(0.5, 'ms'),
    quantity(150_000, 'bytes/row'),
    quantity(900, 'bytes'),
  ]).toEqual(['1,234,567 tokens/s', '87.3 ms', '0.50 ms', '146 KiB/row', '900 B']);
});
