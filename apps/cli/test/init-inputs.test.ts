import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { InvalidInputError, UsageError } from '@retort/foundation/diagnostics';
import type { TaskKind } from '@retort/foundation/task';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { init } from '../src/commands/init.ts';
import type { Console } from '../src/console.ts';

import { colorsFor } from '../src/render/colors.ts';
import { type ModelOptions, writeModel } from './model-folder.ts';

// What people bring to `init`, in this process: models, tables, and how it says what it made of them.

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const fixture = (name: string) => join(workspace, 'libs/stages/task-data/test/fixtures', name);
const colors = colorsFor({}, {});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-init-'));
  await writeModel(join(folder, 'model'), { labels: ['LABEL_0', 'LABEL_1'] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Stage {
  readonly inputs: Record<string, string>;
  readonly with: Record<string, unknown>;
}

interface Written {
  /** What is printed. */
  readonly text: string;
  readonly stages: Record<string, Stage>;
  readonly source: Record<string, unknown>;
}

type Options = Parameters<typeof init>[0];
let pipelines = 0;

async function written(options: Options): Promise<Written> {
  const lines: string[] = [];
  const out: Console = {
    env: {},
    stderr: process.stderr,
    json: true,
    colors,
    errorColors: colors,
    print: (text) => void lines.push(text),
    remark: () => {},
    writeDocument: () => {},
    writeJsonLine: () => {},
  };
  const name = options.name ?? `made-${++pipelines}`;
  const store = join(folder, 'store');
  const given = { model: 'model', out: '.', name, store, ...options };
  await init(given, { installation: workspace, workspace, cwd: folder, env: process.env }, out);
  const { stages } = JSON.parse(await readFile(join(folder, `${name}.pipeline.json`), 'utf8')) as Pick<
    Written,
    'stages'
  >;
  return { text: lines.join('\n'), stages, source: stages['task']?.with['source'] as Record<string, unknown> };
}

/** Code and messages of what is refused. */
async function refusal(options: Options): Promise<string> {
  const error = await written(options).catch((each: unknown) => each);
  if (error instanceof InvalidInputError)
    return error.diagnostics
      .map(({ code, message, location }) => `${code} ${location?.file ?? ''}:${location?.line ?? ''} ${message}`)
      .join('\n');
  if (error instanceof UsageError) return `${error.code} ${error.message}`;
  throw new Error('This was to be refused.', { cause: error });
}

/** Both tables of the same content, under names of their own. */
async function tables(extension: string, content: string | Buffer): Promise<{ train: string; validation: string }> {
  const stem = `table-${++pipelines}`;
  for (const split of ['train', 'dev']) await writeFile(join(folder, `${stem}-${split}.${extension}`), content);
  return { train: `${stem}-train.${extension}`, validation: `${stem}-dev.${extension}` };
}

/** Another name of a file, made by a function of Node. */
async function another(name: string, make: (target: string, path: string) => Promise<void>): Promise<string> {
  const other = `other-${++pipelines}.jsonl`;
  await make(join(folder, name), join(folder, other));
  return other;
}

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
const sentence = (i: number) => `the film is ${i % 2 ? 'good' : 'bad'}, ${i % 10}`;
const jsonLines = (row: (index: number) => object, count = 20) => lines(count, (i) => JSON.stringify(row(i)));

describe('tables', () => {
  test.each([
    ['csv', ';', { format: 'csv', delimiter: ';' }],
    ['csv', '\t', { format: 'csv', delimiter: '\t' }],
    ['csv', '|', { format: 'csv', delimiter: '|' }],
    ['tsv', '\t', { format: 'tsv' }],
  ])('.%s divided by %j are read so, and the settings say it', async (extension, delimiter, settings) => {
    const content = `text${delimiter}label\n${lines(12, (i) => `${sentence(i)}${delimiter}${i % 2}`)}`;
    const { source } = await written(await tables(extension, content));
    expect(source).toMatchObject({ ...settings, columns: { textA: 'text', label: 'label' } });
  });

  test.each([';', ',', '|'])('of Excel, which say that %j divides columns, are read so', async (delimiter) => {
    const content = `sep=${delimiter}\r\ntext${delimiter}label\r\n${lines(12, (i) => `film ${i}${delimiter}${i % 2}`)}`;
    const { source, text } = await written(await tables('csv', content));
    expect(source).toMatchObject({ columns: { textA: 'text', label: 'label' }, labels: { values: ['0', '1'] } });
    expect(text).toContain('12 training rows');
  });

  test.each([
    ['csv', 'a quote that means nothing', `text,label\n${lines(12, (i) => `5" of film ${i},${i % 2}`)}`, false],
    ['tsv', 'tabs within quotes', `text\tlabel\n${lines(12, (i) => `"the\tfilm ${i}"\t${i % 2}`)}`, true],
  ])('.%s with %s get the setting for quotes', async (extension, _what, content, quoting) => {
    expect((await written(await tables(extension, content))).source).toMatchObject({ format: extension, quoting });
  });

  test.each(['snappy.parquet', 'file.arrow', 'stream.arrow'])('%s is read as task-data reads it', async (name) => {
    const format = name.split('.').at(-1) as string;
    const given = await tables(format, await readFile(fixture(name)));
    const { source, text } = await written({ ...given, labelColumn: 'tags' });
    expect(source).toMatchObject({
      format,
      columns: { textA: 'premise', textB: 'hypothesis', label: 'tags' },
      labels: { kind: 'multi-label', values: ['rude', 'threat'] },
    });
    expect(text).toContain('2 labels, several per row: rude 3');
  });

  test('of another name are told by what is in them', async () => {
    const parquet = await readFile(fixture('none.parquet'));
    expect((await written(await tables('data', parquet))).source).toMatchObject({ format: 'parquet' });
    const packed = gzipSync(jsonLines((i) => ({ text: sentence(i), label: i % 2 })));
    expect((await written(await tables('data', packed))).source).toMatchObject({ format: 'jsonl' });
    expect(await refusal(await tables('json', '[{"text": "x", "label": 0}]'))).toContain('It is one JSON array.');
  });

  test('that are written differently are refused: one setting is for both', async () => {
    const comma = await tables('csv', `text,label\n${lines(9, (i) => `film ${i},${i % 2}`)}`);
    const semicolon = await tables('csv', `text;label\n${lines(9, (i) => `film ${i};${i % 2}`)}`);
    const json = await tables(
      'jsonl',
      jsonLines((i) => ({ text: sentence(i), label: i % 2 })),
    );
    for (const [validation, words] of [
      [semicolon.validation, 'separates columns by ","'],
      [json.validation, 'is csv, but'],
    ] as const) {
      const found = await refusal({ train: comma.train, validation });
      expect(found).toContain('INIT_TABLES_DIFFER');
      expect(found).toContain(words);
    }
  });

  test.each([
    ['CoLA', 'tsv', lines(12, (i) => `gj04\t${i % 2}\t${i % 3 ? '*' : ''}\tOur friends won the game ${i}.`), '4', '2'],
    ['classes in words', 'csv', lines(12, (i) => `I saw the film ${i},${i % 2 ? 'good' : 'bad'}`), '1', '2'],
    ['scores', 'tsv', lines(12, (i) => `I saw the film ${i}\t${i / 4}`), '1', '2'],
  ])(
    'without a row of names (%s): "header" is false, and that is said',
    async (_what, extension, content, textA, label) => {
      const { source, text } = await written({
        ...(await tables(extension, content)),
        textColumn: textA,
        labelColumn: label,
      });
      expect(source).toMatchObject({ header: false, columns: { textA, label } });
      expect(text).toContain('12 training rows');
      expect(text.replaceAll(/\s+/g, ' ')).toContain('The first row is read as data');
    },
  );

  test('without a row of names, and columns given by values of the first row', async () => {
    const given = await tables(
      'tsv',
      lines(12, (i) => `gj04\t${i % 2}\t\tFriends won ${i}.`),
    );
    const words = await refusal({ ...given, textColumn: 'Friends won 0.', labelColumn: '1' });
    expect(words).toContain('Known: 1, 2, 3, 4. The first row seems to hold values');
    expect(
      (await written({ ...given, header: 'true', textColumn: 'Friends won 0.', labelColumn: '0' })).source,
    ).not.toHaveProperty('header');
  });

  test.each([
    [
      'lists of words',
      'jsonl',
      jsonLines((i) => ({ id: i, tokens: ['He', 'left', `${i}`], ner_tags: [1, 0, i] })),
      '"ner_tags" holds a label for each',
    ],
    ['a word and its tag', 'tsv', lines(20, (i) => `word${i}\t${['O', 'B-PER', 'I-PER'][i % 3]}`), 'tags of words'],
    [
      'a text and its tags',
      'csv',
      `text,label\n${lines(20, (i) => `Anna lives here,"${i % 2 ? 'B-PER O O' : 'O O B-LOC'}"`)}`,
      'tags of words',
    ],
    [
      'CoNLL files',
      'txt',
      lines(20, (i) => (i % 5 ? `word${i} ${['O', 'B-PER', 'I-PER'][i % 3]}` : '')),
      'tags of words',
    ],
  ])('that label each word (%s) are refused as that', async (_what, extension, content, words) => {
    const found = await refusal({
      ...(await tables(extension, content)),
      ...(extension === 'tsv' && { labelColumn: '2', textColumn: '1' }),
    });
    expect(found).toContain('INIT_TOKEN_CLASSIFICATION');
    expect(found).toContain(words);
  });

  test('with two columns of the name that is read are refused, of another name not', async () => {
    const content = (header: string) => `${header}\n${lines(8, (i) => `the film ${i},${i % 2},${(i + 1) % 2}`)}`;
    expect(await refusal(await tables('csv', content('text,label,label')))).toContain('"label" occurs 2 times');
    const apart = content('text,label,x').replaceAll(/,\d$/gm, '$&$&').replace(',x', ',x,label');
    expect(await refusal(await tables('csv', apart))).toContain('columns 2 and 4');
    expect((await written(await tables('csv', content('text,label,x').replace('x', 'y')))).source).toBeDefined();
    expect(await refusal(await tables('jsonl', '{"text": "a", "label": 0, "label": 1}\n'))).toContain('occurs 2 times');
  });

  test.each([
    ['Latin-1', 'csv', Buffer.from('text,label\ncaf\xe9,0\nbar,1\n', 'latin1'), 'DATA_ENCODING', 'iconv -f latin1'],
    ['UTF-16', 'csv', Buffer.from('\ufefftext,label\na,0\n', 'utf16le'), 'DATA_ENCODING', 'iconv -f utf-16'],
    ['a workbook in it', 'xlsx', Buffer.from('PK\x03\x04\n', 'latin1'), 'DATA_ENCODING', 'Save the sheet as'],
    ['a pointer in it', 'parquet', 'version https://git-lfs.github.com/spec/v1\n', 'INPUT_GIT_LFS', 'git lfs pull'],
    ['a pointer in it', 'arrow', 'version https://git-lfs.github.com/spec/v1\n', 'INPUT_GIT_LFS', 'git lfs pull'],
    [
      'another delimiter than their first line says',
      'csv',
      `sep=:\ntext:label\n${lines(8, (i) => `film ${i}:${i % 2}`)}`,
      'TASK_DATA_DELIMITER',
      'give --delimiter ":"',
    ],
    ['no object', 'jsonl', '{"text": "a", "label": 0}\n[1]\n', 'TASK_DATA_JSON', 'Expected a JSON object'],
    [
      'a row that lacks a column',
      'csv',
      `text,label\nfilm,0\nfilm,1\nfilm\n`,
      'TASK_DATA_COLUMN_COUNT',
      'Expected 2 columns',
    ],
    ['an empty text', 'tsv', `text\tlabel\n\t0\nfilm\t1\n`, 'INIT_COLUMNS', 'has no value in the column "text"'],
    [
      'a number for a text',
      'jsonl',
      `${'{"text": "a", "label": 0}\n'.repeat(2)}{"text": 5, "label": 1}\n`,
      'TASK_DATA_TEXT_TYPE',
      'Expected text',
    ],
    ['nothing', 'csv', '', 'INIT_TABLE', 'It has no rows'],
  ])(
    'with %s are refused as the run would, in the file they are in',
    async (_what, extension, content, code, words) => {
      const found = await refusal(await tables(extension, content));
      expect(found).toContain(code);
      expect(found).toContain(words);
      expect(found).not.toMatch(/"source\.|"labels\.|pipeline\.json/);
    },
  );

  test('whose folder, columns and labels hold "${" are read as they are: those are no parameters', async () => {
    const [train, validation] = ['train', 'dev'].map((name) => join(folder, 'a${params.b}', `${name}.jsonl`)) as [
      string,
      string,
    ];
    await mkdir(join(folder, 'a${params.b}'));
    const row = (i: number) => ({ 'te${xt': sentence(i), '${params.label}': ['${yes}', 'no'][i % 2] });
    for (const path of [train, validation]) await writeFile(path, jsonLines(row));
    const columns = { textColumn: 'te${xt', labelColumn: '${params.label}' };
    const { source } = await written({ train, validation, ...columns });
    expect(source).toMatchObject({
      columns: { textA: 'te$${xt', label: '$${params.label}' },
      labels: { values: ['$${yes}', 'no'] },
    });
  });

  test.each(['csv', 'jsonl'])('of very many columns take time in proportion (%s)', async (extension) => {
    const names = Array.from({ length: 20_000 }, (_, i) => `x${i}`);
    const row = (i: number) => ({
      ...Object.fromEntries(names.map((name) => [name, i])),
      text: sentence(i),
      label: i % 2,
    });
    const rows = Array.from({ length: 8 }, (_, i) => row(i));
    const header = Object.keys(row(0));
    const csv = [header, ...rows.map((each) => Object.values(each).map((value) => `"${value}"`))];
    const content = extension === 'csv' ? csv.map((each) => `${each.join(',')}\n`).join('') : jsonLines(row, 8);
    const startedAt = performance.now();
    expect((await written(await tables(extension, content))).source).toMatchObject({ columns: { label: 'label' } });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  test('longer rows are read where that is said, here and by the run', async () => {
    const given = await tables(
      'jsonl',
      jsonLines((i) => ({ text: 'film '.repeat(400) + sentence(i), label: i % 2 })),
    );
    expect(await refusal({ ...given, maxRowBytes: 1024 })).toMatch(/DATA_ROW_TOO_LONG.*--max-row-bytes/);
    expect((await written({ ...given, maxRowBytes: 4096 })).source).toMatchObject({ maxRowBytes: 4096 });
    expect(await refusal({ ...given, maxRowBytes: 8 })).toContain('INIT_LAYOUT');
  });

  test.each([
    [{ quoting: 'true' }, 'so --quoting does not apply'],
    [{ header: 'false' }, 'so --header does not apply'],
    [{ format: 'tsv', delimiter: ';' }, '--format is tsv'],
    [{ delimiter: ';;' }, 'one character'],
  ] as const)('what is said of text and is none (%j) is refused', async (options, words) => {
    const given = await tables(
      'jsonl',
      jsonLines((i) => ({ text: sentence(i), label: i % 2 })),
    );
    expect(await refusal({ ...given, ...options })).toContain(words);
  });

  test.each<[string, (path: string) => Partial<Options>, string]>([
    ['a pipe for a table', (train) => ({ train }), 'INPUT_NOT_PLAIN'],
    ['a device for a table', () => ({ validation: '/dev/zero' }), 'INPUT_NOT_PLAIN'],
    ['a folder for a table', () => ({ train: 'model' }), 'INPUT_NOT_A_FILE'],
    ['a pipe for a model', (model) => ({ model }), 'INPUT_NOT_PLAIN'],
    ['a file of a model', () => ({ model: 'model/config.json' }), 'INPUT_NOT_A_FOLDER'],
    ['a name of the hub', () => ({ model: 'bert-base-uncased' }), 'There is no model folder at'],
  ])('and models are files and folders: %s is refused before it is opened', async (_, odd, words) => {
    const pipe = join(folder, `pipe-${++pipelines}`);
    execFileSync('mkfifo', [pipe]);
    const given = await tables('jsonl', '{"text": "a", "label": 0}\n');
    expect(await refusal({ ...given, ...odd(pipe) })).toContain(words);
  });

  test.each<[string, (train: string) => Promise<string>, string]>([
    ['by its own name', async (train) => train, '--train and --validation are both'],
    ['by another spelling', async (train) => `./${train}`, '--train and --validation are both'],
    ['by a link', (train) => another(train, symlink), 'are the same file'],
    ['by a second name', (train) => another(train, link), 'are the same file'],
  ])('the same file for both (%s) is refused', async (_, other, words) => {
    const { train } = await tables('jsonl', '{"text": "a", "label": 0}\n');
    const found = await refusal({ train, validation: await other(train) });
    expect(found).toContain('INIT_SAME_TABLE');
    expect(found).toContain(words);
  });

  test.each<[string, Partial<Options>, string]>([
    ['text and label', { textColumn: 'a', labelColumn: 'a' }, '--text-column and --label-column name'],
    ['a guessed text and the label', { labelColumn: 'text' }, '--text-column and --label-column name'],
    ['both texts', { textColumn: 'a', textBColumn: 'a', labelColumn: 'b' }, '--text-column and --text-b-column name'],
  ])('one column for %s is refused with the flags', async (_, columns, words) => {
    const row = (i: number) => ({ text: `${'abc'[i % 3]}`, a: 'xyz'[i % 3], b: i % 2 });
    const found = await refusal({ ...(await tables('jsonl', jsonLines(row))), ...columns });
    expect(found).toContain('INIT_COLUMNS');
    expect(found).toContain(words);
  });

  test('a label that is called as a second text usually is', async () => {
    const row = (i: number) => ({ question: sentence(i), answer: ['yes', 'no'][i % 2] });
    const { source } = await written({ ...(await tables('jsonl', jsonLines(row))), labelColumn: 'answer' });
    expect(source['columns']).toEqual({ textA: 'question', label: 'answer' });
  });

  test('with several columns of 0 and 1 say how they can be several labels', async () => {
    const rows = jsonLines((i) => ({ text: sentence(i), toxic: i % 2, threat: (i + 1) % 2 }));
    const found = await refusal(await tables('jsonl', rows));
    expect(found).toContain('"toxic", "threat" hold a 1 or 0 for each of several labels, write them as one column');
  });

  test('~/ begins in the home folder', async () => {
    const path = `~/${relative(homedir(), join(folder, 'nowhere.csv'))}`;
    expect(await refusal({ train: path, validation: path })).toContain(
      `${relative(folder, join(folder, 'nowhere.csv'))}: This`,
    );
  });
});

describe('labels', () => {
  const labelled = async (label: (index: number) => unknown, options: Options = {}) =>
    written({
      ...(await tables(
        'jsonl',
        jsonLines((i) => ({ text: sentence(i), label: label(i) })),
      )),
      ...options,
    });

  test.each([
    [
      'lists of names',
      (i: number) => (i % 2 ? ['toxic', 'rude'] : []),
      { kind: 'multi-label', values: ['rude', 'toxic'] },
    ],
    [
      'names with a comma',
      (i: number) => [i % 2 ? 'a, b' : 'c'],
      { kind: 'multi-label', values: ['a, b', 'c'], separator: ';' },
    ],
    [
      'vectors',
      (i: number) => [i % 2, 0, 1],
      { kind: 'multi-label', values: ['label-1', 'label-2', 'label-3'], list: 'vector' },
    ],
    [
      'lists of 0 and 1 of any length',
      (i: number) => (i % 2 ? [0, 1] : [0]),
      { kind: 'multi-label', values: ['0', '1'], list: 'names' },
    ],
    ['fractions', (i: number) => i / 3, { kind: 'regression' }],
    ['true and false', (i: number) => i % 2 === 0, { kind: 'classes', values: ['false', 'true'] }],
  ])('%s', async (_what, label, settings) => {
    expect((await labelled(label)).source['labels']).toEqual(settings);
  });

  const vectors = { kind: 'multi-label', values: ['label-1', 'label-2', 'label-3'], list: 'vector' };
  test.each([
    ['[1, 0, 1]', vectors],
    ['[True, False, True]', vectors],
    ['1,0,1', vectors],
    ['1|0|1', { ...vectors, separator: '|' }],
    ['1;0;1', { ...vectors, separator: ';' }],
    ['[1 0 1]', { ...vectors, separator: ' ' }],
    ['1.0 0.0 1.0', { ...vectors, separator: ' ' }],
  ])('vectors written as text, %j, are vectors', async (text, settings) => {
    const other = text.replace(/1|True/, (one) => (one === '1' ? '0' : 'False'));
    const label = (i: number) => (i % 2 ? text : other);
    expect((await labelled(label)).source['labels']).toEqual(settings);
  });

  test('vectors written as text are what a person says that they are', async () => {
    const label = (i: number) => (i % 2 ? '1|0|1' : '0|0|1');
    const { source } = await labelled(label, { labels: 'multi-label' });
    expect(source['labels']).toEqual({ ...vectors, separator: '|' });
    expect((await labelled(label, { labels: 'classes' })).source['labels']).toMatchObject({ kind: 'classes' });
  });

  test('dates of an Arrow table are no labels, and are not called nothing', async () => {
    const { tableFromArrays, tableToIPC } = await import('apache-arrow');
    const dates = { text: ['a film', 'films'], label: [new Date(0), new Date(1)] };
    const content = Buffer.from(tableToIPC(tableFromArrays(dates), 'file'));
    expect(await refusal(await tables('arrow', content))).toContain('values other than texts and numbers in');
  });

  test.each<[string, (index: number) => unknown, string, TaskKind?]>([
    ['soft labels', () => [0.3, 0.7, 0], 'hold fractions, such as [0.3,0.7,0]'],
    ['soft labels in some rows', (i) => (i % 2 ? [0, 1] : [0.5, 0.5]), 'hold fractions, such as [0.5,0.5]'],
    ['very many soft labels', (i) => [i / 7, 1 - i / 7], 'hold fractions'],
    ['soft labels as text', (i) => (i % 2 ? '[0.3, 0.7]' : '[0.5, 0.5]'), 'lists written as text'],
    ['names as Python writes lists', (i) => (i % 2 ? "['a', 'b']" : "['a']"), 'written as text, such as'],
    ['names as JSON', (i) => (i % 2 ? '["a"]' : '[]'), 'written as text', 'multi-label'],
    ['names between commas', (i) => (i % 2 ? 'sport' : 'sport,politics'), 'may be one label or several'],
    ['names between bars', (i) => (i % 2 ? 'art|film' : 'art|music'), 'Give --labels classes or --labels multi-label'],
    ['a -1 for what nobody has judged', (i) => (i % 2 ? [1, -1, 0] : [0, -1, 1]), 'use no other number'],
    ['the same names in every row', () => ['a', 'b'], 'every row has all labels'],
    ['numbers and a nan', (i) => (i % 9 ? `${i / 8}` : 'nan'), 'give --skip-label=nan'],
  ])('%s are refused', async (_what, label, words, kind) => {
    const rows = jsonLines((i) => ({ text: sentence(i), label: label(i) }));
    const found = await refusal({ ...(await tables('jsonl', rows)), ...(kind && { labels: kind }) });
    expect(found).toContain('INIT_LABELS');
    expect(found).toContain(words);
  });

  test('numbers with values that are none are numbers once those are skipped', async () => {
    const { source, text } = await labelled((i) => (i % 9 ? i / 8 : 'nan'), { skipLabel: ['nan'] });
    expect(source).toMatchObject({ labels: { kind: 'regression' }, skipLabels: ['nan'] });
    expect(text).toContain('numbers from 0.125 to 2.375');
  });

  test('names with a comma of which no part comes again are classes', async () => {
    const { source } = await labelled((i) => (i % 2 ? 'food, drink' : 'arts, crafts'));
    expect(source['labels']).toEqual({ kind: 'classes', values: ['arts, crafts', 'food, drink'] });
  });

  test('many whole numbers are a scale, and it is said that they may be classes', async () => {
    const rows = jsonLines((i) => ({ text: sentence(i), label: i % 30 }), 60);
    const given = await tables('jsonl', rows);
    const { source, text } = await written(given);
    expect(source['labels']).toEqual({ kind: 'regression' });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'numbers from 0 to 29, learned as a scale. If they are class numbers',
    );
    const { source: classes } = await written({ ...given, labels: 'classes' });
    expect(classes).toMatchObject({
      labels: { kind: 'classes', values: Array.from({ length: 30 }, (_, i) => `${i}`) },
    });
  });

  test('vectors of labels that the model calls 0 and 1 have no counts of zeros and ones', async () => {
    await writeModel(join(folder, 'digits'), { labels: ['0', '1'] });
    const { text } = await labelled((i) => [i % 2, (i + 1) % 2], { model: 'digits' });
    expect(text.replaceAll(/\s+/g, ' ')).toContain('labels 2 labels, a 1 or 0 for each in this order: 0, 1 lengths');
  });

  test.each([
    [{ Label: 1, label: 0 }, 'label', 'Ignored: "Label"'],
    [{ LABEL: 1, Label: 0 }, 'LABEL', 'Ignored: "Label"'],
    [{ label: 1, category: 0 }, 'label', 'Ignored: "category"\n            (--label-column)'],
  ])('of %j, the column that is taken is said, and the others too', async (given, taken, said) => {
    const flip = (i: number) => Object.fromEntries(Object.entries(given).map(([name, flag]) => [name, (flag + i) % 2]));
    const { source, text } = await written(
      await tables(
        'jsonl',
        jsonLines((i) => ({ text: sentence(i), ...flip(i) })),
      ),
    );
    expect(source['columns']).toEqual({ textA: 'text', label: taken });
    expect(text).toContain(said);
  });

  test('numbers with a decimal comma are no classes', async () => {
    const content = `text;label\n${lines(20, (i) => `${sentence(i)};${i % 5},${i % 2}`)}`;
    expect(await refusal(await tables('csv', content))).toContain('its numbers have commas, such as 0,0');
  });

  test('what they are can be said, and which are none', async () => {
    const scale = await labelled((i) => i % 5, { labels: 'regression' });
    expect(scale.source['labels']).toEqual({ kind: 'regression' });
    const separated = await labelled((i) => (i % 2 ? 'rude;toxic' : 'toxic'), { labels: 'multi-label' });
    expect(separated.source['labels']).toEqual({ kind: 'multi-label', values: ['rude', 'toxic'], separator: ';' });
    const given = (i: number) => (i % 3) - 1;
    expect((await labelled(given)).text.replaceAll(/\s+/g, ' ')).toContain('give --skip-label=-1');
    const skipped = await labelled(given, { skipLabel: ['-1'] });
    expect(skipped.source).toMatchObject({ labels: { values: ['0', '1'] }, skipLabels: ['-1'] });
    expect(skipped.text).toContain('13 training rows');
    expect((await labelled((i) => [null, 0, 1][i % 3], { skipUnlabelled: true })).source['skipLabels']).toEqual([
      '',
      null,
    ]);
  });
});

describe('models', () => {
  const classes = (i: number) => ['neg', 'pos'][i % 2];
  const number = (i: number) => i / 4;
  const several = (i: number) => (i % 2 ? ['pos'] : ['neg', 'pos']);

  test.each<[string, ModelOptions, (index: number) => unknown, string | Record<string, unknown>]>([
    [
      'with the classes of the data',
      { labels: ['pos', 'neg'] },
      classes,
      { head: 'huggingface', labelOrder: ['neg', 'pos'] },
    ],
    ['of regression', { labels: [] }, number, { head: 'huggingface' }],
    [
      'of several labels',
      { labels: ['neg', 'pos'], multiLabel: true },
      several,
      { head: 'huggingface', labelOrder: ['neg', 'pos'] },
    ],
    [
      'trained with the head of the published code',
      { labels: ['neg', 'pos'], config: { retort: { labels: ['neg', 'pos'], headKind: 'reference' } } },
      classes,
      { head: 'reference', labelOrder: ['neg', 'pos'] },
    ],
    [
      'of several labels, for one',
      { labels: ['neg', 'pos'], multiLabel: true },
      classes,
      'its head gives several labels per row, but the data has one label per row',
    ],
    [
      'of one label, for several',
      { labels: ['neg', 'pos'] },
      several,
      'its head gives one label per row, but the data has several labels per row',
    ],
    [
      'of classes, for numbers',
      { labels: ['neg', 'pos'] },
      number,
      'its head gives one label per row, but the data has a number per row',
    ],
    [
      'of numbers, for classes',
      { labels: [] },
      classes,
      'its head gives a number per row, but the data has one label per row',
    ],
    ['of other classes', { labels: ['no', 'yes'] }, classes, 'its classes are no, yes, not those of the data'],
    ['without a head', {}, classes, 'its head is BertModel, which has no head'],
    [
      'that classifies words',
      { labels: ['neg', 'pos'], architecture: 'BertForTokenClassification' },
      classes,
      'its head is BertForTokenClassification, which classifies each word',
    ],
  ])('%s', async (_what, options, label, expected) => {
    const model = `model-${++pipelines}`;
    await writeModel(join(folder, model), options);
    const given = await tables(
      'jsonl',
      jsonLines((i) => ({ text: sentence(i), label: label(i) })),
    );
    const { stages, text } = await written({ model, ...given });
    const said = text.replaceAll(/\s+/g, ' ');
    expect(stages['teacher-score']?.with['floor']).toEqual({ teacher: 'aboveMajority' });
    expect(stages['teacher-forward']?.inputs['teacher']).toBe('teacher-score.teacher');
    if (typeof expected === 'string') {
      expect(said).toContain(`fine-tuned first because ${expected}.`);
      expect(stages['source']?.with).toEqual({ head: 'none' });
      expect(stages['teacher']?.inputs['model']).toBe('source.model');
    } else {
      expect(said).toContain('the model as it is');
      expect(stages['source']?.with).toEqual(expected);
      expect(stages['teacher']).toBeUndefined();
    }
  });

  test('of single texts, for pairs: refused in words of init', async () => {
    await writeModel(join(folder, 'single'), { labels: ['0', '1'], segmentTypes: 1 });
    const rows = jsonLines((i) => ({ sentence1: sentence(i), sentence2: 'the film', label: i % 2 }));
    const given = { model: 'single', ...(await tables('jsonl', rows)) };
    expect(await refusal(given)).toContain('INIT_PAIRS The model reads only single texts');
    expect((await written({ ...given, textColumn: 'sentence1' })).source['columns']).not.toHaveProperty('textB');
  });

  test('with rows that no token reaches: refused with the flag that drops them', async () => {
    await writeModel(join(folder, 'padded'), { labels: ['0', '1'], unusedRows: 4 });
    const given = {
      model: 'padded',
      ...(await tables(
        'jsonl',
        jsonLines((i) => ({ text: sentence(i), label: i % 2 })),
      )),
    };
    const words = await refusal(given);
    expect(words).toContain('give --unused-embeddings drop');
    expect(words).not.toContain('"unusedEmbeddings"');
    const { stages } = await written({ ...given, unusedEmbeddings: 'drop' });
    expect(stages['source']?.with).toMatchObject({ unusedEmbeddings: 'drop' });
  });

  test('of 6 layers, for a student of 4: the nearest layers, the same for signals and loss', async () => {
    await writeModel(join(folder, 'deep'), { labels: ['0', '1'], layers: 6, maxPositions: 64 });
    const given = await tables(
      'jsonl',
      jsonLines((i) => ({ text: sentence(i).repeat(5), label: i % 2 })),
    );
    const { stages, text } = await written({ model: 'deep', ...given, student: '4x12' });
    const layerMapping = { kind: 'list', layers: [2, 3, 5, 6] };
    expect(stages['teacher-forward']?.with).toMatchObject({ layerMapping });
    expect(stages['student-layers']?.with).toMatchObject({ loss: { layerMapping } });
    expect(text.replaceAll(/\s+/g, ' ')).toContain('student layers learn from teacher layers 2, 3, 5, 6 of 6');
    for (const stage of ['student-layers', 'baseline'])
      expect(JSON.stringify(stages[stage]?.with)).toContain('"maxPositions":"${params.maxSequenceLength}"');
  });

  test.each([
    ['as large', '2x24', true],
    ['wider, and larger', '1x48', true],
    ['a little smaller', '2x22', false],
  ])('for a student that is %s (%s)', async (_, student, isRefused) => {
    const geometry = { layers: 2, heads: 2, hiddenSize: 24, intermediateSize: 96, maxPositions: 32 };
    await writeModel(join(folder, 'plain'), { labels: ['0', '1'], ...geometry });
    const row = (i: number) => ({ text: sentence(i), label: i % 2 });
    const given = { model: 'plain', ...(await tables('jsonl', jsonLines(row))), student };
    if (!isRefused) expect((await written(given)).stages).toHaveProperty('student-layers');
    else expect(await refusal(given)).toMatch(/^INIT_STUDENT .*"\d+x\d+".* would have [\d,]+ parameters, and its/);
  });
});

test('what is printed fits 80 columns', async () => {
  const content = `text,label\n${lines(60, (i) => `"${sentence(i)}",${i % 2 ? 'pos' : 'neg'}`)}`;
  const { text } = await written({ ...(await tables('csv', content)), name: 'reviews' });
  for (const line of text.split('\n').filter((each) => !each.startsWith('Wrote')))
    expect(line.length).toBeLessThanOrEqual(80);
});

test('whatever model, table, student and flags: what is written passes a plan, or the refusal is in words of init', async () => {
  const heads = [undefined, [], ['0', '1'], ['a', 'b', 'c'], ['LABEL_0', 'LABEL_1']];
  const label = [
    (i: number) => i % 2,
    (i: number) => 'abc'[i % 3],
    (i: number) => i / 7,
    (i: number) => ['a', 'b'].slice(i % 3),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        head: fc.constantFrom(...heads),
        multiLabel: fc.boolean(),
        layers: fc.integer({ min: 1, max: 7 }),
        heads: fc.constantFrom(1, 2, 3),
        maxPositions: fc.constantFrom(8, 33, 512),
        rows: fc.integer({ min: 4, max: 60 }),
        words: fc.integer({ min: 1, max: 200 }),
        label: fc.constantFrom(...label),
        pair: fc.boolean(),
        student: fc.option(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 })), {
          nil: undefined,
        }),
        seeds: fc.constantFrom(undefined, '1,2'),
      }),
      async ({
        head,
        multiLabel,
        layers,
        heads: count,
        maxPositions,
        rows,
        words,
        label: of,
        pair,
        student,
        seeds,
      }) => {
        const model = `model-${++pipelines}`;
        const isSeveral = multiLabel && head !== undefined && head.length > 0;
        const geometry = { layers, heads: count, hiddenSize: 6 * count, maxPositions };
        await writeModel(join(folder, model), { ...geometry, ...(head && { labels: head }), multiLabel: isSeveral });
        const row = (i: number) => ({ text: 'film '.repeat(words), ...(pair && { text2: sentence(i) }), label: of(i) });
        const options = {
          model,
          ...(await tables('jsonl', jsonLines(row, rows))),
          ...(student && { student: `${student[0]}x${student[1] * count}` }),
          ...(seeds && { seeds }),
        };
        const outcome = await written(options).catch((error: unknown) => error);
        const isPossible = student === undefined || (student[0] <= layers && student[1] * count > 1);
        if (!isPossible) expect(outcome).toMatchObject({ code: 'INIT_STUDENT' });
        else {
          const { message, text: shown = message } = outcome as Error & Written;
          const [first, second] = [...shown.matchAll(/([\d,]+) parameters|teacher has ([\d,]+)/g)].map(
            ([, one, other]) => Number((one ?? other)?.replaceAll(',', '')),
          ) as [number, number];
          if (outcome instanceof Error) {
            expect(outcome).toMatchObject({ code: 'INIT_STUDENT' });
            expect(first).toBeGreaterThanOrEqual(second);
            expect(student).toBeDefined();
          } else expect(first).toBeGreaterThan(second);
        }
      },
    ),
    { numRuns: 8 },
  );
});
