import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMatrixGraph, planPipeline } from '@retort/pipeline-graph';
import { loadMatrix } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { Memory, registry, runAll, useKitchen } from './kitchen.ts';

const kitchen = useKitchen();
const a = { uses: 'source' };
const b = { uses: 'source', with: { rows: 5 } };
const mix = (parts: unknown) => ({ uses: 'mix', inputs: { parts } });

/** Of the stage `mix`, when all stages have run. */
async function keyDocument(parts: unknown, memory = new Memory()) {
  kitchen.write('tiny', { a, b, mix: mix(parts) });
  const { stages } = await runAll(await kitchen.graph('tiny'), memory);
  return stages.find(({ id }) => id === 'mix')?.keyDocument;
}

describe('an input that takes a list', () => {
  it('has the same key from one source, alone or in a list', async () => {
    const alone = await keyDocument('a.text');
    expect(Object.keys(alone?.inputs ?? {})).toEqual(['parts']);
    expect(await keyDocument(['a.text'])).toEqual(alone);
  });

  it('has every source in its key, in their order', async () => {
    const first = (await keyDocument('a.text'))?.inputs;
    const both = (await keyDocument(['a.text', 'b.text']))?.inputs;
    const swapped = (await keyDocument(['b.text', 'a.text']))?.inputs;
    expect(Object.keys(both ?? {})).toEqual(['parts', 'parts[1]']);
    expect(both?.['parts']).toBe(first?.['parts']);
    expect([swapped?.['parts'], swapped?.['parts[1]']]).toEqual([both?.['parts[1]'], both?.['parts']]);
  });

  it('says what came to the list since it ran last', async () => {
    const memory = new Memory();
    await keyDocument('a.text', memory);
    kitchen.write('tiny', { a, b, mix: mix(['a.text', 'b.text']) });
    const { stages } = await planPipeline(await kitchen.graph('tiny'), memory);
    expect(stages.find(({ id }) => id === 'mix')?.reason).toBe('input parts[1] added');
  });

  it('is always a list for the stage itself, and waits for all of it', async () => {
    kitchen.write('tiny', { a, b, mix: mix(['a.text', 'b.text']), one: mix('b.text') });
    const graph = await kitchen.graph('tiny');
    const stage = (id: string) => graph.stages.find((each) => each.id === id);
    expect([stage('mix')?.facts, stage('one')?.facts]).toEqual([{ text: { rows: 15 } }, { text: { rows: 5 } }]);
    expect(stage('mix')?.inputs['parts']).toEqual([
      { kind: 'stage', stage: 'a', port: 'text' },
      { kind: 'stage', stage: 'b', port: 'text' },
    ]);
    const { stages } = await planPipeline(graph, new Memory());
    expect(stages.find(({ id }) => id === 'mix')?.reason).toBe('waits for a, b');
  });

  it('takes paths, stages of other pipelines and parameters, in the order of the file', async () => {
    writeFileSync(join(kitchen.folder(), 'own.txt'), 'own');
    kitchen.write('other', { a });
    const params = { from: { type: 'string', default: 'other#a.text', description: 'Where from' } };
    kitchen.write('tiny', { b, mix: mix(['./own.txt', `${'$'}{params.from}`, 'b.text']) }, { params });
    const [, , { inputs }] = (await kitchen.graph('tiny')).stages as never as [never, never, { inputs: object }];
    expect(inputs).toMatchObject({
      parts: [{ kind: 'path' }, { kind: 'stage', stage: 'other#a' }, { kind: 'stage', stage: 'b' }],
    });
  });

  it('may be set on the command line as a whole, one by one, and shortened', async () => {
    kitchen.write('tiny', { a, b, mix: mix(['a.text', 'b.text']) });
    const sources = async (...set: string[]) => {
      const graph = await kitchen.graph('tiny', { set });
      const parts = graph.stages.find(({ id }) => id === 'mix')?.inputs['parts'];
      return [parts].flat().map((source) => source?.kind === 'stage' && source.stage);
    };
    expect(await sources('stages.mix.inputs.parts=["b.text", "a.text"]')).toEqual(['b', 'a']);
    expect(await sources('stages.mix.inputs.parts=b.text')).toEqual(['b']);
    expect(await sources('stages.mix.inputs.parts.0=b.text', 'stages.mix.inputs.parts.1=a.text')).toEqual(['b', 'a']);
    expect(await sources('stages.mix.inputs.parts.0=null')).toEqual(['b']);
  });

  it('is replaced as a whole by a file that extends another, and by the cells of a matrix', async () => {
    kitchen.write('base', { a, b, mix: mix(['a.text', 'b.text']) });
    kitchen.write(
      'tiny',
      { mix: { inputs: { parts: ['b.text'] } } },
      {
        extends: './base.pipeline.json',
        matrix: { 'stages.mix.inputs.parts': [['a.text', 'b.text'], ['b.text', 'a.text'], 'a.text'] },
      },
    );
    const cwd = kitchen.folder();
    const options = { registry, cwd };
    const [parts] = (await kitchen.graph('tiny')).stages.flatMap(({ id, inputs }) => (id === 'mix' ? [inputs] : []));
    expect(parts).toEqual({ parts: { kind: 'stage', stage: 'b', port: 'text' } });
    const matrix = await loadMatrix({ file: 'tiny.pipeline.json', ...options });
    const { stages } = await buildMatrixGraph(matrix, { engine: 'cpu' });
    expect(
      stages.filter(({ definition }) => definition.kind === 'mix').map(({ inputs }) => inputs['parts']),
    ).toMatchObject([[{ stage: 'a' }, { stage: 'b' }], [{ stage: 'b' }, { stage: 'a' }], { stage: 'a' }]);
  });
});

describe('a list that is wrong', () => {
  it('has its problem where it is written', async () => {
    kitchen.write('tiny', {
      a,
      words: { uses: 'vocabulary', inputs: { text: ['a.text'] } },
      empty: mix([]),
      twice: mix(['a.text', 'b.text', 'tiny#a.text']),
      numbers: mix(['a.text', 2]),
      b,
    });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_LIST_NOT_ALLOWED   tiny.pipeline.json:10:17  /stages/words/inputs/text
        The input "text" takes one artifact, not a list. Expected "stage.output" of type text, got ["a.text"].

      PIPELINE_BAD_VALUE   tiny.pipeline.json:18:18  /stages/empty/inputs/parts
        Expected at least 1 in the list, got [].

      PIPELINE_INPUT_TWICE   tiny.pipeline.json:27:11  /stages/twice/inputs/parts/2
        The list of the input "parts" has "tiny#a.text" twice, at positions 0 and 2 (counted from 0). Remove one of them.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:36:11  /stages/numbers/inputs/parts/1
        Expected a string, got 2 (number)."
    `);
  });

  it('is found by the graph in the list, not beside it', async () => {
    const tokens = (vocabulary: string) => {
      return { uses: 'tokenize', inputs: { text: 'a.text', tokenizer: `${vocabulary}.tokenizer` } };
    };
    const vocabulary = (size: number) => ({ uses: 'vocabulary', inputs: { text: 'a.text' }, with: { size } });
    kitchen.write('tiny', {
      a,
      small: vocabulary(1),
      large: vocabulary(2),
      right: tokens('small'),
      wrong: tokens('large'),
      mix: { uses: 'mix', inputs: { main: 'right.train', parts: ['right.train', 'wrong.train'] } },
      lost: mix(['a.text', 'nowhere.text', 'small.tokenizer']),
      old: { uses: 'mix', inputs: { parts: 'a.text', parts2: 'right.train' } },
    });
    expect(await kitchen.problems('tiny')).toMatchInlineSnapshot(`
      "VOCABULARY_DIFFERS   tiny.pipeline.json:45:11  /stages/mix/inputs/parts/1
        "parts[1]" was made with the tokenizer tiny#large.tokenizer, but "main" with tiny#small.tokenizer. Their token ids stand for different words. Use one tokenizer for both.

      PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:54:11  /stages/lost/inputs/parts/1
        No stage of this pipeline is named "nowhere". Known: a, small, large, right, wrong, mix, lost, old. For a file, write "./nowhere.text".

      PIPELINE_PORT_TYPE   tiny.pipeline.json:55:11  /stages/lost/inputs/parts/2
        The input "parts" takes text or tokens, but small.tokenizer is tokenizer.

      PIPELINE_UNKNOWN_INPUT   tiny.pipeline.json:63:9  /stages/old/inputs/parts2
        mix has no input "parts2". "parts" takes a list, whose first one leads: "parts": ["first-stage.text", "second-stage.text"]."
    `);
  });

  it('is shown to who sets an input by its old number', async () => {
    kitchen.write('tiny', { a, b, mix: mix('a.text') });
    await expect(kitchen.load('tiny', { set: ['stages.mix.inputs.parts2=b.text'] })).rejects.toThrow(
      'There is nothing at "stages.mix.inputs.parts2". After "stages.mix.inputs" a path cannot continue with "parts2". "parts" takes a list, whose first one leads: "parts": ["first-stage.text", "second-stage.text"].',
    );
  });
});
