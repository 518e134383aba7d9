import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExampleRow } from '@retort/tables';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runGlue } from './harness.ts';

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'glue-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const view = ({ textA, textB, label, split }: ExampleRow) =>
  [split, textA, ...(textB === undefined ? [] : [textB]), label ?? '-'].join(' | ');

async function examplesOf(preset: string, files: Readonly<Record<string, string>>) {
  const { examples, mismatched, context } = await runGlue(preset, await folderOf(files));
  return {
    rows: examples.rows.map(view),
    metadata: examples.metadata,
    mismatched: mismatched?.rows.map(view),
    mismatchedMetadata: mismatched?.metadata,
    warnings: context.warnings,
  };
}

const tsv = (...rows: readonly string[][]) => rows.map((row) => `${row.join('\t')}\n`).join('');

describe('GLUE tasks in their published files', () => {
  it('CoLA: no header but in the test table', async () => {
    const { rows, metadata } = await examplesOf('cola', {
      'train.tsv': tsv(['gj04', '1', '', 'Our friends "won\'t buy this.'], ['gj04', '0', '*', 'They drank the pub.']),
      'dev.tsv': tsv(['gj04', '1', '', 'The sailors rode the breeze.']),
      'test.tsv': tsv(['index', 'sentence'], ['0', 'Bill whistled past the house.']),
    });
    expect(rows).toEqual([
      'train | Our friends "won\'t buy this. | 1',
      'train | They drank the pub. | 0',
      'validation | The sailors rode the breeze. | 1',
      'test | Bill whistled past the house. | -',
    ]);
    expect(metadata).toEqual({
      name: 'CoLA',
      task: { kind: 'classes', labels: ['unacceptable', 'acceptable'] },
      glue: { task: 'cola' },
      isTestUnlabelled: true,
    });
  });

  it('SST-2', async () => {
    const { rows } = await examplesOf('sst2', {
      'train.tsv': tsv(['sentence', 'label'], ['fine ', '1']),
      'dev.tsv': tsv(['sentence', 'label'], ['dull ', '0']),
      'test.tsv': tsv(['index', 'sentence'], ['0', 'unknown']),
    });
    expect(rows).toEqual(['train | fine | 1', 'validation | dull | 0', 'test | unknown | -']);
  });

  it('MRPC: a byte order mark, quotes that mean nothing, carriage returns; in both layouts', async () => {
    const header = ['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'];
    const table = `\ufeff${tsv(header, ['1', '7', '8', '"He said', 'said he"'])}`.replaceAll('\n', '\r\n');
    const own = await examplesOf('mrpc', { 'msr_paraphrase_train.txt': table, 'msr_paraphrase_test.txt': table });
    expect(own.rows).toEqual([
      'train | "He said | said he" | 1',
      'validation | "He said | said he" | 1',
      'test | "He said | said he" | 1',
    ]);
    const test = tsv(['index', ...header.slice(1)], ['0', '7', '8', 'a', 'b']);
    const glue = await examplesOf('mrpc', { 'train.tsv': table, 'dev.tsv': table, 'test.tsv': test });
    expect(glue.rows.at(-1)).toBe('test | a | b | -');
    expect(glue.metadata.task).toEqual({ kind: 'classes', labels: ['not_equivalent', 'equivalent'] });
  });

  it('STS-B: 7 or 9 columns without a header, or 10 with one; scores are kept', async () => {
    const row = (score: string) => ['main-captions', 'MSRvid', '2012test', '0001', score, 'A plane.', 'An air plane.'];
    const own = await examplesOf('stsb', {
      'sts-train.csv': tsv(row('5.000'), [...row('2.5'), 'a', 'b']),
      'sts-dev.csv': tsv([...row('0'), 'a', 'b'], row('1')),
      'sts-test.csv': tsv(row('3')),
    });
    expect(own.rows.map((line) => line.split(' | ').at(-1))).toEqual(['5', '2.5', '0', '1', '3']);
    expect(own.metadata).toEqual({ name: 'STS-B', task: { kind: 'regression' }, glue: { task: 'stsb' } });
    const header = 'index genre filename year old_index source1 source2 sentence1 sentence2 score'.split(' ');
    const table = tsv(header, ['0', 'g', 'f', 'y', '1', 'none', 'none', 'A "plane.', 'B.', '4.250']);
    const glue = await examplesOf('stsb', { 'train.tsv': table, 'dev.tsv': table });
    expect(glue.rows).toEqual(['train | A "plane. | B. | 4.25', 'validation | A "plane. | B. | 4.25']);
  });

  it('QQP: rows that lack columns are left out and counted, empty questions are kept', async () => {
    const header = ['id', 'qid1', 'qid2', 'question1', 'question2', 'is_duplicate'];
    const { rows, warnings } = await examplesOf('qqp', {
      'train.tsv': tsv(
        header,
        ['1', '1', '2', 'How?', 'Why?', '1'],
        ['2', '1', '2', 'broken'],
        ['3', '1', '2', '', 'x?', '0'],
      ),
      'dev.tsv': tsv(header, ['1', '1', '2', 'What?', 'Which?', '0']),
      'test.tsv': tsv(['id', 'question1', 'question2'], ['0', 'Who?', 'Whom?']),
    });
    expect(rows).toEqual([
      'train | How? | Why? | 1',
      'train |  | x? | 0',
      'validation | What? | Which? | 0',
      'test | Who? | Whom? | -',
    ]);
    expect(warnings).toEqual(['1 of 3 rows of QQP/train.tsv lack columns or a gold label and are left out.']);
  });

  it('MNLI: matched in one output and mismatched in another', async () => {
    const header = 'index promptID pairID genre p1 p2 q1 q2 sentence1 sentence2'.split(' ');
    const row = (a: string, ...labels: string[]) => ['0', '1', '1n', 'fiction', '(', '(', '(', '(', a, 'b', ...labels];
    const { rows, mismatched, metadata, mismatchedMetadata, warnings } = await examplesOf('mnli', {
      'train.tsv': tsv([...header, 'label1', 'gold_label'], row('t', 'neutral', 'neutral'), row('u', 'neutral', '-')),
      'dev_matched.tsv': tsv([...header, 'label1', 'gold_label'], row('m', 'neutral', 'contradiction')),
      'dev_mismatched.tsv': tsv([...header, 'label1', 'gold_label'], row('mm', 'neutral', 'entailment')),
      'test_matched.tsv': tsv(header, row('tm')),
      'test_mismatched.tsv': tsv(header, row('tmm')),
    });
    expect(rows).toEqual(['train | t | b | 1', 'validation | m | b | 2', 'test | tm | b | -']);
    expect(mismatched).toEqual(['validation | mm | b | 0', 'test | tmm | b | -']);
    expect(metadata).toEqual({
      name: 'MNLI',
      task: { kind: 'classes', labels: ['entailment', 'neutral', 'contradiction'] },
      glue: { task: 'mnli' },
      isTestUnlabelled: true,
    });
    expect(mismatchedMetadata?.glue).toEqual({ task: 'mnli', isMismatched: true });
    expect(warnings).toEqual(['1 of 2 rows of MNLI/train.tsv lack columns or a gold label and are left out.']);
  });

  it.each([
    ['qnli', ['question', 'sentence'], 'not_entailment', 1],
    ['rte', ['sentence1', 'sentence2'], 'entailment', 0],
    ['wnli', ['sentence1', 'sentence2'], '1', 1],
  ] as const)('%s', async (preset, texts, label, index) => {
    const table = tsv(['index', ...texts, 'label'], ['0', 'one', 'two', label]);
    const test = tsv(['index', ...texts], ['0', 'one', 'two']);
    const { rows } = await examplesOf(preset, { 'train.tsv': table, 'dev.tsv': table, 'test.tsv': test });
    expect(rows).toEqual([`train | one | two | ${index}`, `validation | one | two | ${index}`, 'test | one | two | -']);
  });
});

describe('what is no GLUE task', () => {
  const messageOf = (preset: string, files: Readonly<Record<string, string>>) =>
    examplesOf(preset, files).then(
      () => expect.fail('it was accepted'),
      ({ message }) => message,
    );

  it('a folder of something else', async () => {
    expect(await messageOf('mrpc', { 'train.csv': 'x' })).toMatchInlineSnapshot(`
      "TASK_DATA_GLUE_FILES   MRPC
        This folder does not have the files of MRPC. Expected train.tsv, dev.tsv, or msr_paraphrase_train.txt, msr_paraphrase_test.txt, got train.csv."
    `);
    expect(await messageOf('mnli', { 'train.tsv': 'x', 'dev.tsv': 'x' })).toMatchInlineSnapshot(`
      "TASK_DATA_GLUE_FILES   MNLI
        This folder does not have the files of MNLI. Expected train.tsv, dev_matched.tsv, dev_mismatched.tsv, got dev.tsv, train.tsv."
    `);
  });

  it('the files of another task', async () => {
    const table = tsv(['sentence', 'label'], ['fine', '1']);
    expect(await messageOf('rte', { 'train.tsv': table, 'dev.tsv': table })).toContain(
      'There is no column "sentence1", which the published files of RTE have. Did you mean "sentence"?',
    );
  });

  it('labels and scores that the task does not have, with their rows', async () => {
    const header = ['index', 'sentence1', 'sentence2', 'label'];
    const table = tsv(header, ['0', 'a', 'b', 'neutral'], ['1', 'c', 'd', 'entailment']);
    expect(await messageOf('rte', { 'train.tsv': table, 'dev.tsv': table })).toContain(
      'TASK_DATA_LABEL_UNKNOWN   RTE/train.tsv:2\n  Unknown label "neutral" in "label". Known: entailment, not_entailment.',
    );
    const scores = tsv(['g', 'f', 'y', '1', '5.2', 'a', 'b']);
    expect(await messageOf('stsb', { 'sts-train.csv': scores, 'sts-dev.csv': scores })).toContain(
      'TASK_DATA_LABEL_RANGE   STS-B/sts-train.csv:1\n  Expected a number from 0 to 5 in "5", got "5.2".',
    );
  });
});

const GLUE = fileURLToPath(new URL('../../../../../shared/data/glue/', import.meta.url));

describe.skipIf(!existsSync(GLUE))('the real files (need ../shared/data/glue)', () => {
  const counts = (rows: readonly ExampleRow[], split: string, label?: number) =>
    rows.filter((row) => row.split === split && (label === undefined || row.label === label)).length;

  it.each([
    ['sst2', 'SST-2', { train: 67_349, validation: 872, test: 1821 }, { train: 37_569, validation: 444 }],
    ['mrpc', 'MRPC', { train: 4076, validation: 1725, test: 1725 }, { train: 2753, validation: 1147 }],
    ['rte', 'RTE', { train: 2490, validation: 277, test: 0 }, { train: 1241, validation: 131 }],
    ['stsb', 'STS-B', { train: 5749, validation: 1500, test: 1379 }, undefined],
  ] as const)('%s', async (preset, folder, rows, ones) => {
    const { examples, context } = await runGlue(preset, join(GLUE, folder));
    const splits = ['train', 'validation', 'test'] as const;
    expect(Object.fromEntries(splits.map((split) => [split, counts(examples.rows, split)]))).toEqual(rows);
    if (ones) {
      expect(counts(examples.rows, 'train', 1)).toBe(ones.train);
      expect(counts(examples.rows, 'validation', 1)).toBe(ones.validation);
    } else {
      const labels = examples.rows.map(({ label }) => label as number);
      expect([Math.min(...labels), Math.max(...labels)]).toEqual([0, 5]);
    }
    expect(context.warnings).toEqual([]);
  });
});
