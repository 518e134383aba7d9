import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOf, runTaskData } from './harness.ts';

const columns = { textA: 'text', label: 'label' };

/** Rows of JSON with these labels, as the training, or also as the test table. */
function settings(labels: object, source: object = {}) {
  return { source: { kind: 'files', format: 'jsonl', columns, labels, ...source } };
}

async function read(labels: object, cells: readonly unknown[], source: object = {}) {
  const table = cells.map((label) => `${JSON.stringify({ text: 'a text', label })}\n`).join('');
  const { rows } = await runTaskData(settings(labels, source), await filesOf({ train: table, validation: table }));
  return rows.filter(({ split }) => split === 'train').map(({ label, labels: several }) => several ?? label);
}

/** The code of the first problem. */
async function refusal(...request: Parameters<typeof read>): Promise<string> {
  return read(...request).then(
    (labels) => expect.fail(`was read as ${JSON.stringify(labels)}`),
    ({ message }: Error) => message,
  );
}

describe('a list of labels', () => {
  const named = { kind: 'multi-label', values: ['toxic', 'obscene', 'threat'] };
  const numbered = { kind: 'multi-label', values: ['0', '1', '2'] };
  const two = { kind: 'multi-label', values: ['0', '1'] };

  it.each([
    ['whole numbers', numbered, [1, 0, 0]],
    ['fractions', numbered, [0.0, 1.0, 1.0]],
    ['zeros', numbered, [0, 0, 0]],
    ['booleans', named, [true, false, false]],
    ['text', named, ['1', '0', '0']],
    ['one text', named, '1,0,0'],
    ['one text with fractions', named, '1.0, 0.0, 0.0'],
    ['two that could be names', two, [1, 0]],
    ['one that could be a name', { kind: 'multi-label', values: ['0'] }, [0]],
  ])('that is a vector of %s is refused, and read where the settings say so', async (_, labels, cell) => {
    expect(await refusal(labels, [cell])).toContain('set "labels.list" to "vector"');
    const flags = (Array.isArray(cell) ? cell : cell.split(',')).map((flag: unknown) => Number(flag) === 1);
    expect(await read({ ...labels, list: 'vector' }, [cell])).toEqual([[...flags.keys()].filter((i) => flags[i])]);
  });

  it('of names that look like a vector is read where the settings say so', async () => {
    expect(await read({ ...two, list: 'names' }, [[1, 0], [1], []])).toEqual([[0, 1], [1], []]);
    expect(
      await read(numbered, [
        [0, 1],
        [2, 0, 1],
      ]),
    ).toEqual([
      [0, 1],
      [0, 1, 2],
    ]);
  });

  it.each([
    ['a list', numbered, [1, 1]],
    ['a list of words', named, ['toxic', 'toxic']],
    ['numbers in a text', numbered, '1,0,0,1'],
  ])('that names a label twice is refused: %s', async (_, labels, cell) => {
    expect(await refusal({ ...labels, list: 'names' }, [cell])).toContain('names a label twice');
    expect(await refusal(labels, [cell])).toContain('names a label twice');
  });

  it.each([[[1, 0]], [[1, 0, 2]], [[1, 0, null]], [['toxic']], [''], [null]])(
    'that should be a vector and is %j is refused',
    async (cell) => {
      expect(await refusal({ ...named, list: 'vector' }, [cell])).toMatch(/^TASK_DATA_LABEL_(VECTOR|TYPE)/);
    },
  );

  it.each([
    ['a list', [0.3, 0.7, 0]],
    ['a list of one', [0.5]],
    ['logits', [-1.5, 2.5, 0]],
    ['texts', ['0.3', '0.7', '0.0']],
    ['one text', '0.3,0.7,0.0'],
    ['one text in brackets', '[0.3, 0.7, 0.0]'],
    ['a very small one', [1e-7, 1, 0]],
  ])('is never soft, whatever the settings say: %s', async (_, cell) => {
    for (const settings of [named, { ...named, list: 'vector' }, { ...named, values: ['0', '0.3', '0.7'] }])
      expect(await refusal(settings, [cell])).toContain('TASK_DATA_LABEL_FRACTION');
  });

  it('may name versions in text', async () => {
    expect(await read({ kind: 'multi-label', values: ['3.9', '3.10'] }, [['3.10'], '3.9, 3.10'])).toEqual([
      [1],
      [0, 1],
    ]);
  });

  it('may be a vector in brackets', async () => {
    const labels = { ...named, list: 'vector' };
    expect(await read(labels, ['[1, 0, 1]', '[0, 0, 0]'])).toEqual([[0, 2], []]);
    expect(await read({ ...labels, separator: ' ' }, ['1 0 1'])).toEqual([[0, 2]]);
  });

  it('has no nulls among its names', async () => {
    expect(await refusal(named, [['toxic', null]])).toContain('TASK_DATA_LABEL_UNKNOWN');
  });

  it('is never read as names that it may not be, whatever it holds', async () => {
    const cells = fc.array(fc.constantFrom(0, 1, '0', '1', true, false, 'a', '1.0'), { maxLength: 4 });
    const values = fc.uniqueArray(fc.constantFrom('0', '1', '2', 'a', 'true'), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(values, cells, async (known, list) => {
        const labels = { kind: 'multi-label', values: known };
        const [asNames] = await read(labels, [list]).catch(() => [undefined]);
        const [asVector] = await read({ ...labels, list: 'vector' }, [list]).catch(() => [undefined]);
        if (asNames === undefined) return;
        if (asVector !== undefined) expect(asNames).toEqual(asVector);
        expect(asNames).toHaveLength(
          list.length === known.length && asVector ? (asVector as number[]).length : list.length,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('a label', () => {
  const classes = { kind: 'classes', values: ['0', '1', '9007199254740992'] };

  it.each([
    ['a one-hot row', [0, 1, 0], 'Expected one label in "label", got the list [0,1,0].'],
    ['null', null, 'add null to "source.skipLabels"'],
    ['-1', -1, 'add "-1" to "source.skipLabels"'],
    ['-1.0', '-1.0', 'add "-1.0" to "source.skipLabels"'],
    ['another spelling', 'True', 'Unknown label "True"'],
  ])('is not %s', async (_, cell, message) => {
    expect(await refusal(classes, [cell])).toContain(message);
  });

  it('is no number that JSON has rounded', async () => {
    const table = '{"text": "a", "label": 9007199254740993}\n';
    await expect(runTaskData(settings(classes), await filesOf({ train: table, validation: table }))).rejects.toThrow(
      'has more digits than a JSON number can hold',
    );
    expect(await read(classes, ['9007199254740992'])).toEqual([2]);
  });

  it.each(['0x10', '1e300', 'Infinity', 'NaN', '1,5', '', true, null, [1]])(
    'is no number to learn when it is %j',
    async (cell) => {
      expect(await refusal({ kind: 'regression' }, [cell])).toContain('TASK_DATA_LABEL_NUMBER');
    },
  );

  it('is a number to learn in any decimal notation', async () => {
    expect(await read({ kind: 'regression' }, ['+1.5', '.5', '2.', '1e-3', -4])).toEqual([
      1.5,
      0.5,
      2,
      Math.fround(0.001),
      -4,
    ]);
  });
});

describe('a value that is no label', () => {
  const skip = (...skipLabels: unknown[]) => ({ skipLabels });

  it.each([
    ['classes', { kind: 'classes', values: ['0', '1'] }, [0, -1, 1], [0, 1]],
    ['numbers', { kind: 'regression' }, [0.5, -1, '-1', 2], [0.5, 2]],
    ['lists', { kind: 'multi-label', values: ['a', 'b'] }, [['a'], '-1', []], [[0], []]],
  ])('leaves out its row, of %s', async (_, labels, cells, read_) => {
    expect(await read(labels, cells, skip('-1'))).toEqual(read_);
  });

  it('may be null, missing or empty', async () => {
    const table =
      '{"text": "a", "label": 1}\n{"text": "b"}\n{"text": "c", "label": null}\n{"text": "d", "label": ""}\n';
    const labels = { kind: 'classes', values: ['0', '1'] };
    const { rows, warnings } = await runTaskData(
      settings(labels, skip(null, '')),
      await filesOf({ train: table, validation: table }),
    );
    expect(rows.map(({ textA }) => textA)).toEqual(['a', 'a']);
    expect(warnings).toEqual(
      ['train', 'validation'].map((name) => `3 of 4 rows of ${name}.tsv have no label (null, "") and are left out.`),
    );
  });

  it('stands in a column of each label', async () => {
    const csv = 'text,a,b\none,1,0\ntwo,-1,-1\n';
    const source = { kind: 'files', format: 'csv', columns: { textA: 'text' }, ...skip('-1') };
    const { rows } = await runTaskData(
      { source: { ...source, labels: { kind: 'multi-label', values: ['a', 'b'] } } },
      await filesOf({ train: csv, validation: csv, test: 'text,a,b\none,-1,-1\n' }),
    );
    expect(rows.map(({ split, labels }) => [split, labels])).toEqual([
      ['train', [0]],
      ['validation', [0]],
      ['test', undefined],
    ]);
  });

  it('leaves test rows out, or makes all of them unlabelled', async () => {
    const labels = { kind: 'classes', values: ['0', '1'] };
    const good = '{"text": "a", "label": 1}\n';
    const none = '{"text": "b", "label": -1}\n';
    const testRows = async (test: string) => {
      const { rows } = await runTaskData(
        settings(labels, skip('-1')),
        await filesOf({ train: good, validation: good, test }),
      );
      return rows.filter(({ split }) => split === 'test').map(({ label }) => label);
    };
    expect(await testRows(good + none + good)).toEqual([1, 1]);
    expect(await testRows(none + none)).toEqual([undefined, undefined]);
  });

  it('may not be all that a table has', async () => {
    expect(await refusal({ kind: 'classes', values: ['0', '1'] }, [-1, -1], skip('-1'))).toContain(
      'All 2 rows are left out, so train has none.',
    );
  });
});

it('an empty text for several labels is none of them where other test rows have some', async () => {
  const test = (rows: string) => `text\tlabel\n${rows}`;
  const source = { kind: 'files', columns, labels: { kind: 'multi-label', values: ['a', 'b'] } };
  const labelsOf = async (rows: string) => {
    const table = test('x\ta\n');
    const read_ = await runTaskData({ source }, await filesOf({ train: table, validation: table, test: test(rows) }));
    return read_.rows.filter(({ split }) => split === 'test').map(({ labels }) => labels);
  };
  expect(await labelsOf('x\ta,b\ny\t\n')).toEqual([[0, 1], []]);
  expect(await labelsOf('x\t\ny\t\n')).toEqual([undefined, undefined]);
});

describe('a column name that occurs twice', () => {
  const fixture = (name: string) => readFile(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)));
  /** The column `kind` gets the name of another one. */
  const renamed = async (name: string) =>
    Buffer.from((await fixture(name)).toString('latin1').replaceAll('kind', 'tags'), 'latin1');
  const tables = {
    tsv: async () => 'premise\ttags\ttags\none\tno\tyes\n',
    csv: async () => 'premise,tags, tags\none,no,yes\n',
    jsonl: async () => '{"premise": "one", "tags": "no", "t\\u0061gs": "yes"}\n',
    parquet: () => renamed('none.parquet'),
    arrow: () => renamed('file.arrow'),
  };

  it.each(Object.entries(tables))('is refused in %s where it is read, and nowhere else', async (format, table) => {
    const content = await table();
    const run = async (read_: object) => {
      const source = { kind: 'files', format, labels: { kind: 'classes', values: ['no', 'yes'] }, ...read_ };
      return runTaskData({ source }, await filesOf({ train: content, validation: content, test: content }));
    };
    await expect(run({ columns: { textA: 'premise', label: 'tags' } })).rejects.toThrow(
      /The name "tags" occurs 2 times: (column|member)s \d and \d\. Rename or remove all but one\./,
    );
    await expect(run({ columns: { textA: 'tags', label: 'premise' } })).rejects.toThrow(
      'The name "tags" occurs 2 times',
    );
    const values = ['one', 'two, quoted "so"', 'naïve', 'four', '五'];
    const unread = { columns: { textA: 'premise', label: 'premise' }, labels: { kind: 'classes', values } };
    expect((await run(unread)).rows[0]).toMatchObject({ textA: 'one', label: 0 });
  });
});
