import type { Report } from '@retort/plugin-kit';
import { expect, test } from 'vitest';
import { colorsFor } from './colors.ts';
import { reportText } from './report-text.ts';

const report: Report = {
  title: 'General distillation',
  tables: [
    {
      title: 'Held-out losses',
      columns: [
        { key: 'term', title: 'term' },
        { key: 'before', title: 'before', format: 'decimal' },
        { key: 'after', title: 'after', format: 'decimal' },
      ],
      rows: [
        { term: 'attention', before: 1.25, after: 0.0123456 },
        { term: 'hid\u001b[31mden', before: null, after: { value: 0.5, low: 0.4, high: 0.6 } },
      ],
    },
    {
      title: 'Size',
      columns: [
        { key: 'model', title: 'model' },
        { key: 'parameters', title: 'parameters', format: 'integer' },
        { key: 'bytes', title: 'on disk', format: 'bytes' },
        { key: 'accuracy', title: 'accuracy', format: 'percent' },
        { key: 'latency', title: 'p50', format: 'milliseconds' },
      ],
      rows: [
        {
          model: 'student',
          parameters: 1234567,
          bytes: 5_000_000,
          accuracy: { value: 0.8, low: 0.7765, high: 0.82 },
          latency: 3.14159,
        },
      ],
    },
  ],
  notes: ['The difference is within the noise.'],
};

test('a report is titles, aligned tables and notes', () => {
  expect(reportText(report, colorsFor({ isTTY: false }, {}))).toMatchInlineSnapshot(`
    "General distillation

    Held-out losses
    term              before                    after
    ────────────────  ──────  ───────────────────────
    attention          1.250                   0.0123
    hid\\u001b[31mden       –  0.5000 [0.4000, 0.6000]

    Size
    model    parameters   on disk                 accuracy      p50
    ───────  ──────────  ────────  ───────────────────────  ───────
    student   1,234,567  4.77 MiB  80.0 % [77.6 %, 82.0 %]  3.14 ms

    The difference is within the noise."
  `);
});

test('colours appear on a terminal only, and NO_COLOR turns them off', () => {
  const text = (isTTY: boolean, env: NodeJS.ProcessEnv) => reportText(report, colorsFor({ isTTY }, env));
  expect(text(true, {})).toContain('\u001b[');
  expect(text(true, { NO_COLOR: '1' })).not.toContain('\u001b[');
  expect(text(false, {})).not.toContain('\u001b[');
  expect(text(false, { FORCE_COLOR: '1' })).toContain('\u001b[');
});

test('a report that says nothing is no heading either', () => {
  expect(reportText({ title: 'Speed', tables: [], notes: [] }, colorsFor({ isTTY: false }, {}))).toBeUndefined();
});
