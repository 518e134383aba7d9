import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filesOf, runTaskData } from './harness.ts';

const classes = { kind: 'classes', values: ['0', '1'] };
const sentence = { textA: 'sentence', label: 'label' };
const table = (source: object = {}, settings: object = {}) => ({
  ...settings,
  source: { kind: 'files', columns: sentence, labels: classes, ...source },
});

describe('tables', () => {
  it('are read as GLUE writes them: tabs, a header, quotes that mean nothing, spaces at the end', async () => {
    const paths = await filesOf({
      train: 'sentence\tlabel\nhe said " wow \t1\nplain \t0\n',
      validation: 'sentence\tlabel\nfine \t1\n',
      test: gzipSync('index\tsentence\n0\tunlabelled one\n'),
    });
    const { rows, metadata } = await runTaskData(
      table({ labels: { ...classes, names: ['negative', 'positive'] } }, { task: 'sst2' }),
      paths,
    );
    expect(rows).toEqual([
      { textA: 'he said " wow', textB: undefined, label: 1, split: 'train' },
      { textA: 'plain', textB: undefined, label: 0, split: 'train' },
      { textA: 'fine', textB: undefined, label: 1, split: 'validation' },
      { textA: 'unlabelled one', textB: undefined, label: undefined, split: 'test' },
    ]);
    expect(metadata).toEqual({
      name: 'sst2',
      task: { kind: 'classes', labels: ['negative', 'positive'] },
      isTestUnlabelled: true,
    });
  });

  it('may be CSV with quoted commas, line breaks and doubled quotes', async () => {
    const csv = 'label,sentence\n1,"one, ""two""\nthree"\n0,four\n';
    const { rows } = await runTaskData(table({ format: 'csv' }), await filesOf({ train: csv, validation: csv }));
    expect(rows.slice(0, 2).map(({ textA, label }) => [textA, label])).toEqual([
      ['one, "two"\nthree', 1],
      ['four', 0],
    ]);
  });

  it.each([';', '|', '\t', ' ', '¦', '😀'])('may be CSV divided by %j', async (delimiter) => {
    const csv = `label,sentence\n1,"one${delimiter} two"\n0,four\n`.replaceAll(/,(?!\s)/g, delimiter);
    const { rows } = await runTaskData(
      table({ format: 'csv', delimiter }),
      await filesOf({ train: csv, validation: csv }),
    );
    expect(rows.slice(0, 2).map(({ textA, label }) => [textA, label])).toEqual([
      [`one${delimiter} two`, 1],
      ['four', 0],
    ]);
  });

  it('warn of a header that could be a row', async () => {
    const tsv = 'fine\t1\ndull\t0\n';
    const { warnings } = await runTaskData(
      table({ columns: { textA: 'fine', label: '1' } }),
      await filesOf({ train: tsv, validation: tsv }),
    );
    expect(warnings).toEqual([
      'The header calls the label column "1", which could be a label. If the tables have no header, set "source.header" to false and give columns by number: "1", "2" and so on.',
    ]);
  });

  it('may be JSON lines with pairs', async () => {
    const json = '{"a": "one", "b": "two", "gold": 1}\n\n{"a": "x", "b": "y", "gold": "0"}\n';
    const { rows } = await runTaskData(
      table({ format: 'jsonl', columns: { textA: 'a', textB: 'b', label: 'gold' } }),
      await filesOf({ train: json, validation: json }),
    );
    expect(rows.slice(0, 2)).toEqual([
      { textA: 'one', textB: 'two', label: 1, split: 'train' },
      { textA: 'x', textB: 'y', label: 0, split: 'train' },
    ]);
  });

  it('may lack a header, have more columns here and there, and numbers to predict', async () => {
    const tsv = '3.5\tone\ttwo\n0\tthree\tfour\textra\n';
    const source = {
      header: false,
      extraColumns: 'allow',
      columns: { textA: '2', textB: '3', label: '1' },
      labels: { kind: 'regression' },
    };
    const { rows, metadata } = await runTaskData(table(source), await filesOf({ train: tsv, validation: tsv }));
    expect(rows.slice(0, 2).map(({ textB, label }) => [textB, label])).toEqual([
      ['two', 3.5],
      ['four', 0],
    ]);
    expect(metadata.task).toEqual({ kind: 'regression' });
  });

  it('are capped by a seeded draw, or by taking the first', async () => {
    const tsv = `sentence\tlabel\n${Array.from({ length: 500 }, (_, i) => `row ${i}\t${i % 2}`).join('\n')}\n`;
    const paths = await filesOf({ train: tsv, validation: tsv });
    const numbers = async (settings: object) =>
      (await runTaskData(table({}, { maxTrain: 20, maxValidation: 5, ...settings }), paths)).rows.map(({ textA }) =>
        Number(textA.slice(4)),
      );
    expect((await numbers({})).length).toBe(25);
    expect(Math.max(...(await numbers({})).slice(0, 20))).toBeGreaterThan(250);
    expect((await numbers({ sample: 'first' })).slice(18)).toEqual([18, 19, 0, 1, 2, 3, 4]);
  });

  it('are divided between a draw and its rest', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `row ${i}\t${i % 2}`).join('\n');
    const paths = await filesOf({
      train: `sentence\tlabel\n${lines(100)}\n`,
      validation: `sentence\tlabel\n${lines(9)}\n`,
    });
    const drawn = async (sample: string, maxTrain: number) => {
      const { rows } = await runTaskData(table({}, { maxTrain, maxValidation: 4, sample }), paths);
      const of = (wanted: string) => rows.filter(({ split }) => split === wanted).map(({ textA }) => textA);
      return { train: of('train'), validation: of('validation') };
    };
    const [random, rest] = [await drawn('random', 30), await drawn('rest', 30)];
    expect([random.train.length, rest.train.length]).toEqual([30, 70]);
    expect(new Set([...random.train, ...rest.train]).size).toBe(100);
    expect(rest.validation).toEqual(random.validation);
    await expect(drawn('rest', 100)).rejects.toMatchObject({ diagnostics: [{ code: 'TASK_DATA_NOTHING_LEFT' }] });
  });
});

describe('several labels', () => {
  const values = ['rude', 'threat', 'spam'];
  const held = async (source: object, table_: string, settings: object = {}) => {
    const { rows, metadata } = await runTaskData(
      table({ labels: { kind: 'multi-label', values, ...settings }, ...source }),
      await filesOf({ train: table_, validation: table_ }),
    );
    return { labels: rows.filter(({ split }) => split === 'train').map(({ labels }) => labels), metadata };
  };

  it('come separated in one column, in any order', async () => {
    const tsv = 'sentence\tlabel\na\tspam, rude\nb\t\nc\tthreat\nd\trude,rude\n';
    const { labels, metadata } = await held({}, tsv, { names: ['r', 't', 's'] });
    expect(labels).toEqual([[0, 2], [], [1], [0]]);
    expect(metadata).toEqual({ name: 'task', task: { kind: 'multi-label', labels: ['r', 't', 's'] } });
  });

  it('come in a column for each', async () => {
    const csv = 'sentence,spam,rude,threat\na,1,0,true\nb,0,0,False\nc,0.0,1.0,0\n';
    expect((await held({ format: 'csv', columns: { textA: 'sentence' } }, csv)).labels).toEqual([[1, 2], [], [0]]);
  });

  it('come as lists in JSON lines', async () => {
    const json = '{"sentence": "a", "label": ["threat"]}\n{"sentence": "b", "label": []}\n';
    expect((await held({ format: 'jsonl' }, json)).labels).toEqual([[1], []]);
  });

  it('are refused where they are others, or no flags', async () => {
    const listed = 'sentence\tlabel\na\trude,thread\n';
    await expect(held({}, listed)).rejects.toThrow('Unknown label "thread" in "label". Did you mean "threat"?');
    const flags = 'sentence\tspam\trude\na\t2\t0\n';
    await expect(held({ columns: { textA: 'sentence' } }, flags)).rejects.toThrow(
      'There is no column "threat" for "labels.values".',
    );
    const wrong = 'sentence\tspam\trude\tthreat\na\t2\t\t0\n';
    const message = await held({ columns: { textA: 'sentence' } }, wrong).catch((error: Error) => error.message);
    expect(message).toContain('Expected 0 or 1 in "rude", got "".');
    expect(message).toContain('Expected 0 or 1 in "spam", got "2".');
  });
});

describe('test tables', () => {
  const good = 'sentence\tlabel\nfine\t1\n';

  it('may have no labels although they have a column for them', async () => {
    const test = 'sentence\tlabel\nfine\t\ndull\t\n';
    const { rows } = await runTaskData(table(), await filesOf({ train: good, validation: good, test }));
    expect(rows.filter(({ split }) => split === 'test').map(({ label }) => label)).toEqual([undefined, undefined]);
  });

  it('have all labels, or none', async () => {
    const test = 'sentence\tlabel\nfine\t1\ndull\t\n';
    await expect(runTaskData(table(), await filesOf({ train: good, validation: good, test }))).rejects.toThrow(
      '1 of 2 test rows have no label. Give every row a label, or none.',
    );
  });
});

describe('bad tables', () => {
  const good = 'sentence\tlabel\nfine\t1\n';

  async function messageOf(source: object, contents: Record<string, string | Uint8Array>): Promise<string> {
    const paths = await filesOf({ train: good, validation: good, ...contents });
    return runTaskData(table(source), paths).then(
      () => expect.fail('it was accepted'),
      ({ message }) => message,
    );
  }

  it('missing columns', async () => {
    expect(await messageOf({}, { train: 'sentense\tlabels\nfine\t1\n' })).toMatchInlineSnapshot(`
      "TASK_DATA_COLUMN_MISSING   train.tsv:1
        There is no column "sentence" for "columns.textA". Did you mean "sentense"? Known: sentense, labels.

      TASK_DATA_COLUMN_MISSING   train.tsv:1
        There is no column "label" for "columns.label". Did you mean "labels"? Known: sentense, labels."
    `);
    expect(
      await messageOf(
        { format: 'jsonl' },
        { train: '{"sentence": "a"}\n', validation: '{"sentence": "a", "label": 1}' },
      ),
    ).toMatchInlineSnapshot(`
      "TASK_DATA_COLUMN_MISSING   train.tsv:1
        There is no member "label" for "columns.label". Known: sentence."
    `);
  });

  it('labels, empty texts and columns, in all tables at once', async () => {
    const train = 'sentence\tlabel\ngood\tyes\n \t1\nno label\n a\tb\tc\n';
    expect(await messageOf({}, { train, validation: 'sentence\tlabel\nfine\t2\n' })).toMatchInlineSnapshot(`
      "TASK_DATA_LABEL_UNKNOWN   train.tsv:2
        Unknown label "yes" in "label". Known: 0, 1. Correct it, or add "yes" to "labels.values".

      TASK_DATA_TEXT_EMPTY   train.tsv:3
        The text in "sentence" is empty.

      TASK_DATA_COLUMN_COUNT   train.tsv:4
        Expected 2 columns, got 1. If values are in double quotes, set "source.quoting" to true.

      TASK_DATA_COLUMN_COUNT   train.tsv:5
        Expected 2 columns, got 3. If values are in double quotes, set "source.quoting" to true.

      TASK_DATA_LABEL_UNKNOWN   validation.tsv:2
        Unknown label "2" in "label". Known: 0, 1. Correct it, or add "2" to "labels.values"."
    `);
  });

  it('numbers that are none', async () => {
    expect(
      await messageOf({ labels: { kind: 'regression' } }, { train: 'sentence\tlabel\ngood\thigh\n' }),
    ).toMatchInlineSnapshot(`
      "TASK_DATA_LABEL_NUMBER   train.tsv:2
        Expected a number in "label", got "high"."
    `);
    const range = (labels: object) =>
      messageOf({ labels: { kind: 'regression', ...labels } }, { train: 'sentence\tlabel\ngood\t7\n' });
    expect(await range({ minimum: 0, maximum: 5 })).toContain('Expected a number from 0 to 5 in "label", got "7".');
    expect(await range({ maximum: 5 })).toContain('Expected a number of at most 5 in "label", got "7".');
  });

  it('another encoding', async () => {
    expect(
      await messageOf({}, { train: Buffer.from('sentence\tlabel\ncaf\xe9\t1\n', 'latin1') }),
    ).toMatchInlineSnapshot(`
      "DATA_ENCODING   train.tsv:2
        Expected UTF-8, got the byte 0xe9 at offset 18 of the file. Convert the file, for example with iconv -f latin1 -t utf-8."
    `);
  });

  it('a row of a megabyte', async () => {
    expect(
      await messageOf({}, { train: `sentence\tlabel\n${'x'.repeat(1 << 20)}\t1\nfine\t1\n` }),
    ).toMatchInlineSnapshot(`
      "DATA_ROW_TOO_LONG   train.tsv:2
        This line has 1048578 bytes, but at most 1048576 are read. Check for a missing line break, or raise "source.maxRowBytes"."
    `);
  });

  it('no rows', async () => {
    expect(await messageOf({}, { train: 'sentence\tlabel\n', validation: '' })).toMatchInlineSnapshot(`
      "DATA_EMPTY   train.tsv
        There are no rows.

      DATA_EMPTY   validation.tsv
        There are no rows."
    `);
  });

  it('a quote that is never closed', async () => {
    expect(
      await messageOf({ quoting: true }, { train: 'sentence\tlabel\n"never closed\t1\nfine\t1\n' }),
    ).toMatchInlineSnapshot(`
      "TASK_DATA_QUOTES   train.tsv:3
        The columns of this row cannot be read: Quote Not Closed: the parsing is finished with an opening quote at line 3. If quotes have no meaning in this file, set "source.quoting" to false."
    `);
  });

  it('a quoted value that is longer than allowed, with what allows it', async () => {
    const value = `"${'a line of text\n'.repeat(200)}"`;
    const train = `sentence\tlabel\nfine\t1\n${value}\t1\nfine\t1\n`;
    const quoted = { quoting: true, maxRowBytes: 2048 };
    expect(await messageOf(quoted, { train })).toMatchInlineSnapshot(`
      "DATA_ROW_TOO_LONG   train.tsv:3
        The row that starts on this line has more than 2048 bytes. Close the quote that was left open, or raise "source.maxRowBytes"."
    `);
    const { rows } = await runTaskData(
      table({ quoting: true, maxRowBytes: 4096 }),
      await filesOf({ train, validation: good }),
    );
    expect(rows[1]?.textA).toHaveLength(2999);
  });

  it.each([
    ['csv', 'sentence;label\nfine, or so;1\n', 'To find it, set "source.delimiter" to ";".'],
    ['csv', 'sentence\tlabel\nfine\t1\n', 'To find it, set "source.format" to "tsv".'],
    ['tsv', 'sentence,label\nfine,1\n', 'To find it, set "source.format" to "csv".'],
    ['tsv', '"sentence"|"label"\n', 'To find it, set "source.format" to "csv" and set "source.delimiter" to "|".'],
    ['csv', '"sentence";"label"\n"fine";1\n', 'If ";" separates columns, set "source.delimiter" to ";"'],
  ])('%s with another delimiter, with the one that it has: %j', async (format, train, advice) => {
    expect(await messageOf({ format }, { train })).toContain(advice);
  });

  it.each([
    [{ format: 'csv', delimiter: ';' }, 'sep=;\r\nsentence;label\r\nfine;1\r\n;0\r\n', 'train.tsv:4'],
    [{ format: 'csv' }, 'sep=,\nsentence,label\nfine,1\n,0\n', 'train.tsv:4'],
    [{}, '"sep=\t"\nsentence\tlabel\nfine\t1\n\t0\n', 'train.tsv:4'],
    [{ format: 'csv' }, 'sep=;\nsentence;label\nfine;1\n', 'Remove the line, or set "source.delimiter" to ";".'],
    [{}, 'sep=;\nsentence\tlabel\nfine\t1\n', 'set "source.format" to "csv" and set "source.delimiter" to ";"'],
  ])('the line of Excel that says what divides columns is no row, and has to be right: %j %j', async (...given) => {
    const [source, train, found] = given;
    const seen = await messageOf(source, { train });
    expect(seen).toContain(found);
    expect(seen).not.toContain('COLUMN_MISSING   train');
  });

  it('another delimiter, without a header', async () => {
    const source = { format: 'csv', header: false, columns: { textA: '1', label: '2' } };
    expect(await messageOf(source, { train: 'fine, or so;1\n' })).toContain('"2" for "columns.label"');
    expect(await messageOf(source, { train: 'fine;1\n' })).toContain('To find it, set "source.delimiter" to ";".');
  });

  it('only the first of very many problems, and how many more', async () => {
    const message = await messageOf({}, { train: `sentence\tlabel\n${'good\tbad\n'.repeat(1000)}` });
    expect(message.match(/TASK_DATA_LABEL_UNKNOWN/g)?.length).toBe(20);
    expect(message).toContain('980 more problems like these are not shown.');
  });

  it('a file that is not there, and a damaged one, together', async () => {
    const paths = await filesOf({ train: gzipSync(`sentence\tlabel\n${'fine\t1\n'.repeat(50)}`).subarray(0, 40) });
    await expect(
      runTaskData(table(), { ...paths, validation: '/nowhere/dev.tsv' }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(`
      [RetortError: DATA_UNREADABLE   train.tsv
        This file cannot be read: it is a truncated gzip file.

      DATA_UNREADABLE   validation.tsv
        This file cannot be read: it does not exist.]
    `);
    await expect(runTaskData(table({ format: 'csv' }), { ...paths, validation: '/nowhere/dev.csv' })).rejects.toThrow(
      'it does not exist',
    );
  });
});

const SST2 = fileURLToPath(new URL('../../../../../shared/data/glue/SST-2/', import.meta.url));

describe.skipIf(!existsSync(SST2))('SST-2 (needs ../shared/data/glue/SST-2)', () => {
  it('is read whole', async () => {
    const paths = { train: `${SST2}train.tsv`, validation: `${SST2}dev.tsv`, test: `${SST2}test.tsv` };
    const { rows, result } = await runTaskData(table(), paths);
    expect(result.metrics).toEqual({ trainExamples: 67_349, validationExamples: 872, testExamples: 1821 });
    expect(rows.filter(({ split, label }) => split === 'validation' && label === 1).length).toBe(444);
    expect(rows[0]?.textA).toBe('hide new secretions from the parental units');
  });
});
