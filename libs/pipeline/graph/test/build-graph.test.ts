import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import type { InputSource } from '@retort/pipeline-graph';
import { describe, expect, it } from 'vitest';
import { chain, useKitchen } from './kitchen.ts';

const kitchen = useKitchen();

describe('buildGraph', () => {
  it('orders stages by what they need, whatever the order in the file', async () => {
    const { train, tokenize, corpus, vocabulary } = chain;
    kitchen.write('tiny', { train, tokenize, corpus, vocabulary }, { results: ['train.model'] });
    const graph = await kitchen.graph('tiny');
    expect(graph.stages.map(({ id }) => id)).toEqual(['corpus', 'vocabulary', 'tokenize', 'train']);
    expect(graph.results).toEqual([{ stage: 'train', port: 'model' }]);
    expect(graph.stages[3]).toMatchObject({ estimatedBytes: 500, config: { weight: 1, budget: 1000 } });
  });

  it('takes only what it needs of other pipelines, also through a third', async () => {
    kitchen.write('base', { ...chain, unused: { uses: 'source' } });
    kitchen.write('middle', {
      again: { uses: 'tokenize', inputs: { text: 'base#corpus.text', tokenizer: 'base#vocabulary.tokenizer' } },
    });
    kitchen.write('top', {
      train: { uses: 'train', inputs: { teacher: 'middle#again.train', student: 'base#tokenize.train' } },
    });
    const graph = await kitchen.graph('top');
    expect(graph.stages.map(({ id }) => id)).toEqual([
      'base#corpus',
      'base#vocabulary',
      'middle#again',
      'base#tokenize',
      'train',
    ]);
    expect(graph.stages.at(-1)?.inputs).toEqual({
      teacher: { kind: 'stage', stage: 'middle#again', port: 'train' },
      student: { kind: 'stage', stage: 'base#tokenize', port: 'train' },
    });
  });

  it('hands facts on, so that a stage can compare its inputs', async () => {
    const other = { uses: 'vocabulary', inputs: { text: 'corpus.text' }, with: { size: 200 } };
    const second = { uses: 'tokenize', inputs: { text: 'corpus.text', tokenizer: 'other.tokenizer' } };
    const train = { uses: 'train', inputs: { teacher: 'tokenize.train', student: 'second.train' } };
    kitchen.write('tiny', { ...chain, other, second, train });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "VOCABULARY_DIFFERS   tiny.pipeline.json:24:20  /stages/train/inputs/student
        The tokenizers differ."
    `);
  });

  it('reports every wrong connection, with the nearest name', async () => {
    kitchen.write('base', { corpus: { uses: 'source' } });
    kitchen.write(
      'tiny',
      {
        ...chain,
        a: { uses: 'tokenize', inputs: { text: 'corpsu.text', tokenizer: 'vocab.txt' } },
        b: { uses: 'tokenize', inputs: { text: 'corpus.txt', tokenizer: 'corpus.text' } },
        c: { uses: 'tokenize', inputs: { txt: './corpus', text: './corpus' } },
        d: { uses: 'train' },
        e: { uses: 'train', inputs: { teacher: 'tokenize.second', student: 'base#train.model' } },
      },
      { results: ['train.student', 'trian.model'] },
    );
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:29:17  /stages/a/inputs/text
        No stage of this pipeline is named "corpsu". Did you mean "corpus"? Known: corpus, vocabulary, tokenize, train, a, b, c, d, e.

      PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:30:22  /stages/a/inputs/tokenizer
        No stage of this pipeline is named "vocab". Known: corpus, vocabulary, tokenize, train, a, b, c, d, e. For a file, write "./vocab.txt".

      PIPELINE_UNKNOWN_OUTPUT   tiny.pipeline.json:36:17  /stages/b/inputs/text
        The stage "corpus" (source) has no output "txt". Did you mean "text"? Known: text.

      PIPELINE_PORT_TYPE   tiny.pipeline.json:37:22  /stages/b/inputs/tokenizer
        The input "tokenizer" takes tokenizer, but corpus.text is text.

      PIPELINE_MISSING_INPUT   tiny.pipeline.json:42:17  /stages/c/inputs
        The stage "c" (tokenize) needs the input "tokenizer": Tokenizer. Expected "stage.output" of type tokenizer, or the path of a file.

      PIPELINE_UNKNOWN_INPUT   tiny.pipeline.json:43:9  /stages/c/inputs/txt
        tokenize has no input "txt". Did you mean "text"? Known: text, tokenizer.

      PIPELINE_PATH_NOT_ALLOWED   tiny.pipeline.json:44:17  /stages/c/inputs/text
        The input "text" cannot be a path. Expected "stage.output" of type text, got "./corpus".

      PIPELINE_MISSING_INPUT   tiny.pipeline.json:47:10  /stages/d
        The stage "d" (train) needs the input "teacher": Left. Expected "stage.output" of type tokens.

      PIPELINE_UNKNOWN_OUTPUT   tiny.pipeline.json:53:20  /stages/e/inputs/teacher
        The stage "tokenize" (tokenize) has no output "second". Known: train.

      PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:54:20  /stages/e/inputs/student
        No stage of the pipeline "base" is named "train". Known: corpus.

      PIPELINE_UNKNOWN_OUTPUT   tiny.pipeline.json:59:5  /results/0
        The stage "train" has no output "student". Known: model.

      PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:60:5  /results/1
        No stage of this pipeline is named "trian". Did you mean "train"? Known: corpus, vocabulary, tokenize, train, a, b, c, d, e."
    `);
  });

  it('prints each cycle', async () => {
    const need = (input: string) => ({ uses: 'train', inputs: { teacher: input } });
    kitchen.write('tiny', {
      ...chain,
      a: { uses: 'source', inputs: { files: 'c.text' } },
      b: { uses: 'source', inputs: { files: 'a.text' } },
      c: { uses: 'source', inputs: { files: 'b.text' } },
      self: need('self.model'),
    });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_CYCLE   tiny.pipeline.json:35:18  /stages/b/inputs/files
        Stages depend on each other in a cycle: a -> b -> c -> a. Remove one of these inputs.

      PIPELINE_CYCLE   tiny.pipeline.json:47:20  /stages/self/inputs/teacher
        Stages depend on each other in a cycle: self -> self. Remove one of these inputs.

      PIPELINE_PORT_TYPE   tiny.pipeline.json:47:20  /stages/self/inputs/teacher
        The input "teacher" takes tokens, but self.model is model."
    `);
  });

  it('connects labelled tokens to an input that wants tokens', async () => {
    const tokenize = { ...chain.tokenize, with: { copies: 2 } };
    kitchen.write('tiny', { ...chain, tokenize, train: { uses: 'train', inputs: { teacher: 'tokenize.second' } } });
    expect(await kitchen.problems('tiny')).toBe('none');
  });

  it('refuses outputs over their budget', async () => {
    kitchen.write('tiny', { ...chain, train: { ...chain.train, with: { budget: 499 } } });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "PLAN_OVER_BUDGET   tiny.pipeline.json:25:15  /stages/train/with
        The outputs of "train" would take about 500 bytes, but its budget is 499. Raise the budget or store less."
    `);
  });
});

describe('path inputs', () => {
  const digestOf = async (inputs: object) => {
    kitchen.write('tiny', { corpus: { uses: 'source', inputs } });
    const input = (await kitchen.graph('tiny')).stages[0]?.inputs;
    return Object.values(input ?? {})[0] as Extract<InputSource, { kind: 'path' }>;
  };
  const file = (name: string, text: string) => {
    mkdirSync(join(kitchen.folder(), name, '..'), { recursive: true });
    writeFileSync(join(kitchen.folder(), name), text);
  };

  it('are named by content: neither where they lie nor what a single file is called matters', async () => {
    file('a/one.txt', '1');
    file('a/deep/two.txt', '2');
    cpSync(join(kitchen.folder(), 'a'), join(kitchen.folder(), 'b'), { recursive: true });
    file('c.txt', '1');
    const folder = await digestOf({ folder: './a' });
    expect(folder.digest).toBe((await digestOf({ folder: './b' })).digest);
    expect(folder.digest).toBe((await digestTree(join(kitchen.folder(), 'a'))).digest);
    expect(folder.digest).toBe((await digestOf({ files: './b/**' })).digest);
    expect((await digestOf({ files: './c.txt' })).digest).toBe((await digestOf({ files: './a/one.txt' })).digest);
    expect((await digestOf({ files: './a/*.txt' })).files).toEqual([join(kitchen.folder(), 'a/one.txt')]);
    file('b/one.txt', '3');
    expect((await digestOf({ folder: './b' })).digest).not.toBe(folder.digest);
  });

  it('are literal when a file has the name of a pattern', async () => {
    file('[a].txt', '1');
    file('a.txt', '2');
    expect((await digestOf({ files: './[a].txt' })).files).toEqual([join(kitchen.folder(), '[a].txt')]);
  });

  it('that are missing, of the wrong kind or empty are refused at their place', async () => {
    mkdirSync(join(kitchen.folder(), 'empty'));
    file('one.txt', '1');
    const source = (inputs: object) => ({ uses: 'source', inputs });
    kitchen.write('tiny', {
      a: source({ files: './absent.txt' }),
      b: source({ files: './*.csv' }),
      c: source({ folder: './one.txt' }),
      d: source({ folder: './empty' }),
      e: { uses: 'tokenize', inputs: { text: 'a.text', tokenizer: './empty' } },
    });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "INPUT_NOT_FOUND   tiny.pipeline.json:7:18  /stages/a/inputs/files
        There is no file or folder <folder>/absent.txt.

      INPUT_EMPTY   tiny.pipeline.json:13:18  /stages/b/inputs/files
        No file matches <folder>/*.csv.

      INPUT_NOT_A_FOLDER   tiny.pipeline.json:19:19  /stages/c/inputs/folder
        Expected a folder, got the file <folder>/one.txt.

      INPUT_EMPTY   tiny.pipeline.json:25:19  /stages/d/inputs/folder
        The folder <folder>/empty has no files. Hidden files, such as .DS_Store, do not count.

      INPUT_NOT_A_FILE   tiny.pipeline.json:32:22  /stages/e/inputs/tokenizer
        Expected a file, got the folder <folder>/empty."
    `);
  });

  it('have the same tokenizer when their vocabularies have the same bytes', async () => {
    file('x/vocab.txt', 'one');
    file('y.txt', 'one');
    file('z.txt', 'two');
    const tokens = (path: string) => ({ uses: 'tokenize', inputs: { text: 'corpus.text', tokenizer: path } });
    const train = { uses: 'train', inputs: { teacher: 'a.train', student: 'b.train' } };
    kitchen.write('same', { corpus: { uses: 'source' }, a: tokens('./x/vocab.txt'), b: tokens('./y.txt'), train });
    kitchen.write('other', { corpus: { uses: 'source' }, a: tokens('./x/vocab.txt'), b: tokens('./z.txt'), train });
    expect(await kitchen.problems('same')).toBe('none');
    expect(await kitchen.problems('other')).toContain('VOCABULARY_DIFFERS');
  });
});
