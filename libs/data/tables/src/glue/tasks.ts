import type { GlueLabels, GlueLayout, GlueTable, GlueTask, GlueTaskName } from './task.ts';

type Columns = GlueTable['columns'];

const SENTENCE: Columns = { textA: 'sentence' };
const PAIR: Columns = { textA: 'sentence1', textB: 'sentence2' };
const QUESTIONS: Columns = { textA: 'question1', textB: 'question2' };
const STRINGS: Columns = { textA: '#1 String', textB: '#2 String' };

function table(name: string, columns: Columns, label?: string): GlueTable {
  return { names: [name], header: true, columns: label === undefined ? columns : { ...columns, label } };
}

/** `train.tsv`, `dev.tsv` and an unlabelled `test.tsv`, all with a header. */
function layout(columns: Columns, label: string): GlueLayout {
  return {
    train: table('train.tsv', columns, label),
    validation: table('dev.tsv', columns, label),
    test: table('test.tsv', columns),
  };
}

/** CoLA's labelled tables: source, label, the author's mark, sentence. */
function acceptability(name: string): GlueTable {
  return { names: [name], header: false, columns: { textA: '4', label: '2' } };
}

/** The STS benchmark: genre, file, year, id, score, two sentences, and in some rows two sources. */
function similarity(split: string): GlueTable {
  return {
    names: [`sts-${split}.csv`, `sts-${split}.tsv`],
    header: false,
    columns: { textA: '6', textB: '7', label: '5' },
    isUneven: true,
  };
}

function classes(...names: readonly string[]): GlueLabels {
  return { kind: 'classes', values: names.map((_, i) => String(i)), names };
}

function spelledOut(...names: readonly string[]): GlueLabels {
  return { kind: 'classes', values: names, names };
}

/** The tasks of GLUE (arXiv:1804.07461) but its diagnostic set, labels in the order of its own code. */
const TASKS: Readonly<Record<GlueTaskName, GlueTask>> = {
  cola: {
    title: 'CoLA',
    labels: classes('unacceptable', 'acceptable'),
    layouts: [
      {
        train: acceptability('train.tsv'),
        validation: acceptability('dev.tsv'),
        test: table('test.tsv', SENTENCE),
      },
    ],
    metrics: ['matthews'],
    submission: { file: 'CoLA.tsv', rows: 1063 },
  },
  sst2: {
    title: 'SST-2',
    labels: classes('negative', 'positive'),
    layouts: [layout(SENTENCE, 'label')],
    metrics: ['accuracy'],
    submission: { file: 'SST-2.tsv', rows: 1821 },
  },
  mrpc: {
    title: 'MRPC',
    labels: classes('not_equivalent', 'equivalent'),
    layouts: [
      layout(STRINGS, 'Quality'),
      {
        train: table('msr_paraphrase_train.txt', STRINGS, 'Quality'),
        // GLUE cut its development set out of the training set; the corpus itself has only a labelled test set.
        validation: table('msr_paraphrase_test.txt', STRINGS, 'Quality'),
        test: table('msr_paraphrase_test.txt', STRINGS, 'Quality'),
      },
    ],
    metrics: ['f1', 'accuracy'],
    submission: { file: 'MRPC.tsv', rows: 1725 },
  },
  stsb: {
    title: 'STS-B',
    labels: { kind: 'regression', minimum: 0, maximum: 5 },
    layouts: [
      layout(PAIR, 'score'),
      { train: similarity('train'), validation: similarity('dev'), test: similarity('test') },
    ],
    metrics: ['pearson', 'spearman'],
    submission: { file: 'STS-B.tsv', rows: 1379 },
  },
  qqp: {
    title: 'QQP',
    labels: classes('not_duplicate', 'duplicate'),
    layouts: [layout(QUESTIONS, 'is_duplicate')],
    metrics: ['f1', 'accuracy'],
    submission: { file: 'QQP.tsv', rows: 390_965 },
    hasBadRows: true,
  },
  mnli: {
    title: 'MNLI',
    labels: spelledOut('entailment', 'neutral', 'contradiction'),
    layouts: [
      {
        train: table('train.tsv', PAIR, 'gold_label'),
        validation: table('dev_matched.tsv', PAIR, 'gold_label'),
        test: table('test_matched.tsv', PAIR),
        mismatched: {
          validation: table('dev_mismatched.tsv', PAIR, 'gold_label'),
          test: table('test_mismatched.tsv', PAIR),
        },
      },
    ],
    metrics: ['accuracy'],
    submission: { file: 'MNLI-m.tsv', rows: 9796 },
    mismatchedSubmission: { file: 'MNLI-mm.tsv', rows: 9847 },
    hasBadRows: true,
    // Where annotators did not agree.
    skipLabels: ['-'],
  },
  qnli: {
    title: 'QNLI',
    labels: spelledOut('entailment', 'not_entailment'),
    layouts: [layout({ textA: 'question', textB: 'sentence' }, 'label')],
    metrics: ['accuracy'],
    submission: { file: 'QNLI.tsv', rows: 5463 },
  },
  rte: {
    title: 'RTE',
    labels: spelledOut('entailment', 'not_entailment'),
    layouts: [layout(PAIR, 'label')],
    metrics: ['accuracy'],
    submission: { file: 'RTE.tsv', rows: 3000 },
  },
  wnli: {
    title: 'WNLI',
    labels: classes('not_entailment', 'entailment'),
    layouts: [layout(PAIR, 'label')],
    metrics: ['accuracy'],
    submission: { file: 'WNLI.tsv', rows: 146 },
  },
};

export function glueTask(name: GlueTaskName): GlueTask {
  return TASKS[name];
}
