import { readFile } from 'node:fs/promises';
import { registerExtensions } from '@retort/foundation/extensions';
import { type TaskFormat, taskData } from '@retort/stage-task-data';
import { scanTable } from '@retort/stage-task-data/tables';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configOf, filesOf, runTaskData } from './harness.ts';

/** `__label__pos a good film`, as fastText writes examples. */
const fastText: TaskFormat = {
  name: 'fastText',
  description: "fastText's lines: a label, then the text.",
  scan: async function* ({ path, label: file }) {
    const names = ['label', 'sentence'];
    for (const [i, text] of (await readFile(path, 'utf8')).trimEnd().split('\n').entries()) {
      const [, label, sentence] = /^__label__(\S+) (.*)$/.exec(text) ?? [];
      const line = i + 1;
      if (label === undefined) {
        const message = 'This line begins with no label.';
        yield { line, problem: { code: 'FAST_TEXT_LABEL', message, location: { file, line } } };
      } else yield { line, names, values: [label, sentence] };
    }
  },
};

let takeOut = () => {};
beforeAll(() => {
  takeOut = registerExtensions({ taskFormats: [fastText] }, './fast-text');
});
afterAll(() => takeOut());

const source = (more: object = {}) => ({
  source: {
    kind: 'files',
    format: 'fastText',
    columns: { textA: 'sentence', label: 'label' },
    labels: { kind: 'classes', values: ['neg', 'pos'] },
    ...more,
  },
});
const good = '__label__pos a good film\n__label__neg a bad one\n';

it('reads examples of a format that a plug-in brings', async () => {
  const { rows } = await runTaskData(source(), await filesOf({ train: good, validation: good }));
  expect(rows.filter(({ split }) => split === 'train')).toEqual([
    { textA: 'a good film', textB: undefined, label: 1, split: 'train' },
    { textA: 'a bad one', textB: undefined, label: 0, split: 'train' },
  ]);
  expect(taskData.extensions?.(configOf(source()))).toEqual({ taskFormats: ['fastText'] });
});

it('lists everything that is wrong: rows, columns, labels, and settings that the format does not use', async () => {
  const problems = async (train: string, more: object = {}) => {
    const paths = await filesOf({ train, validation: good });
    const error = await runTaskData(source(more), paths).catch(
      (thrown: { diagnostics: { message: string }[] }) => thrown,
    );
    return 'diagnostics' in error ? error.diagnostics.map(({ message }) => message) : [];
  };
  expect(await problems(`no label\n${good}__label__odd one\n`)).toEqual([
    'This line begins with no label.',
    expect.stringContaining('odd'),
  ]);
  expect(await problems(good, { columns: { textA: 'text', label: 'label' } })).toEqual([
    expect.stringContaining('There is no column "text"'),
    expect.stringContaining('There is no column "text"'),
  ]);
  const config = configOf(source({ header: false }));
  const inputs = { train: {}, validation: {} };
  expect(taskData.check?.({ config, inputs, engine: 'cpu' }).map(({ message }) => message)).toEqual([
    'The format "fastText" does not use "header". Leave it out.',
  ]);
});

it('is scanned by whoever looks at a table as a whole', async () => {
  const { train } = await filesOf({ train: good });
  const rows = [];
  const layout = { format: 'fastText', header: true, maxRowBytes: 1024 };
  for await (const row of scanTable({ path: train as string, label: 'train' }, layout)) rows.push(row);
  expect(rows).toHaveLength(2);
});
