import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesOf, runTaskData } from './harness.ts';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const classes = { kind: 'classes', values: ['0', '1', '2'] };
const columns = { textA: 'premise', textB: 'hypothesis', label: 'label' };

function settings(format: string, source: object = {}) {
  return { source: { kind: 'files', format, columns, labels: classes, ...source } };
}

/** Rows of the training split of a fixture, which has more than one row group or record batch. */
async function rowsOf(name: string, source: object = {}) {
  const path = fixture(name);
  const { rows } = await runTaskData(settings(name.split('.').at(-1) as string, source), {
    train: path,
    validation: path,
  });
  return rows.slice(0, 5);
}

const FILES = [
  'none.parquet',
  'snappy.parquet',
  'gzip.parquet',
  'brotli.parquet',
  'lz4.parquet',
  'zstd.parquet',
  'file.arrow',
  'stream.arrow',
];

describe.each(FILES)('%s, as pyarrow writes it', (name) => {
  it('gives texts and classes in order, over all its parts', async () => {
    expect((await rowsOf(name)).map(({ textA, textB, label }) => [textA, textB, label])).toEqual([
      ['one', 'a', 0],
      ['two, quoted "so"', 'b', 2],
      ['naïve', 'c', 1],
      ['four', 'd', 0],
      ['五', 'e', 2],
    ]);
  });

  it('gives numbers, words from a dictionary, lists of labels, and a column for each label', async () => {
    const labelled = async (source: object) => (await rowsOf(name, source)).map(({ label, labels }) => label ?? labels);
    const multi = { kind: 'multi-label', values: ['rude', 'threat'] };
    const held = [[0], [], [0, 1], [1], [0, 1]];
    expect(
      await labelled({
        columns: { ...columns, label: 'score' },
        labels: { kind: 'regression', minimum: 0, maximum: 5 },
      }),
    ).toEqual([0, 5, 2.5, 1.25, 3.75]);
    expect(
      await labelled({ columns: { ...columns, label: 'kind' }, labels: { kind: 'classes', values: ['no', 'yes'] } }),
    ).toEqual([0, 1, 0, 1, 1]);
    expect(await labelled({ columns: { ...columns, label: 'tags' }, labels: multi })).toEqual(held);
    expect(await labelled({ columns: { textA: 'premise' }, labels: multi })).toEqual(held);
  });
});

describe('bad columnar files', () => {
  async function messageOf(source: object, train: string, format: string): Promise<string> {
    return runTaskData(settings(format, source), { train, validation: train }).then(
      () => expect.fail('it was accepted'),
      ({ message }) => message,
    );
  }

  it('missing columns, once for the file', async () => {
    const source = { columns: { textA: 'premisse', label: 'labels' } };
    const [first] = (await messageOf(source, fixture('zstd.parquet'), 'parquet')).split(
      '\n\nTASK_DATA_COLUMN_MISSING   validation',
    );
    expect(first).toMatchInlineSnapshot(`
      "TASK_DATA_COLUMN_MISSING   train.tsv
        There is no column "premisse" for "columns.textA". Did you mean "premise"? Known: premise, hypothesis, label, kind, score, tags, rude, threat.

      TASK_DATA_COLUMN_MISSING   train.tsv
        There is no column "labels" for "columns.label". Did you mean "label"? Known: premise, hypothesis, label, kind, score, tags, rude, threat."
    `);
  });

  it('labels and numbers, with the row', async () => {
    const source = {
      columns: { ...columns, label: 'score' },
      labels: { kind: 'regression', minimum: 1, maximum: 4 },
    };
    expect(
      (await messageOf(source, fixture('stream.arrow'), 'arrow')).split('\n\n').slice(0, 2),
    ).toMatchInlineSnapshot(`
      [
        "TASK_DATA_LABEL_RANGE   train.tsv:1
        Expected a number from 1 to 4 in "score", got 0.",
        "TASK_DATA_LABEL_RANGE   train.tsv:2
        Expected a number from 1 to 4 in "score", got 5.",
      ]
    `);
  });

  it.each([
    ['parquet', 'This file cannot be read as a Parquet file: parquet file invalid (footer != PAR1).'],
    ['arrow', 'This file cannot be read as an Arrow file: it does not start like one.'],
  ])('a file that is no %s', async (format, message) => {
    const { csv } = await filesOf({ csv: 'premise,label\none,1\n'.repeat(20) });
    expect(await messageOf({}, csv, format)).toContain(message);
  });

  it.each(['parquet', 'arrow'])('a pointer of Git LFS in place of a %s', async (format) => {
    const { pointer } = await filesOf({ pointer: 'version https://git-lfs.github.com/spec/v1\nsize 4404\n' });
    expect(await messageOf({}, pointer, format)).toContain('INPUT_GIT_LFS   train.tsv\n  This is a Git LFS pointer');
  });

  it.each(['zstd.parquet', 'file.arrow', 'stream.arrow'])('%s cut off', async (name) => {
    const whole = await readFile(fixture(name));
    const { cut } = await filesOf({ cut: whole.subarray(0, Math.floor(whole.length * 0.6)) });
    expect(await messageOf({}, cut, name.split('.').at(-1) as string)).toMatch('DATA_UNREADABLE   train.tsv');
  });

  it('one that is not there', async () => {
    expect(await messageOf({}, '/nowhere/a.parquet', 'parquet')).toContain('it does not exist');
    expect(await messageOf({}, '/nowhere/a.arrow', 'arrow')).toContain('it does not exist');
  });

  it('buffers compressed with LZ4', async () => {
    expect(await messageOf({}, fixture('lz4.arrow'), 'arrow')).toContain(
      'its buffers are compressed, which is not supported; write it uncompressed, or as Parquet.',
    );
  });

  it('longer texts than are read', async () => {
    expect(await messageOf({ maxRowBytes: 1024 }, await longText(), 'arrow')).toContain(
      'DATA_ROW_TOO_LONG   train.tsv:1',
    );
  });
});

async function longText(): Promise<string> {
  const { tableFromArrays, tableToIPC } = await import('apache-arrow');
  const table = tableFromArrays({ premise: ['x'.repeat(2000)], hypothesis: ['y'], label: Int32Array.of(1) });
  return (await filesOf({ long: tableToIPC(table, 'stream') })).long;
}
