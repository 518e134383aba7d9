import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { buildGraph } from '@retort/pipeline-graph';
import { loadPipeline } from '@retort/pipeline-schema';
import { beforeAll, expect, test } from 'vitest';
import { registry } from '../../src/registry.ts';

// What only all stages together can get wrong, tried on the pipelines that are shipped.

const shipped = join(import.meta.dirname, '../../../../pipelines');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-checks-'));
  for (const name of ['general-distill', 'task-distill']) {
    await writeFile(join(folder, `${name}.pipeline.json`), await readFile(join(shipped, `${name}.pipeline.json`)));
  }
  await mkdir(join(folder, 'vocabulary'));
  await writeFile(join(folder, 'vocabulary/vocab.txt'), '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n');
});

/** Codes and messages of what is wrong after some settings were overridden. */
async function problems(pipeline: string, ...set: string[]): Promise<string[]> {
  try {
    const file = join(folder, `${pipeline}.pipeline.json`);
    await buildGraph(await loadPipeline({ file, registry, variant: undefined, set, cwd: folder }), { engine: 'onnx' });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`);
  }
}

test.each(['general-distill', 'task-distill'])('%s is right as it is', async (name) => {
  expect(await problems(name)).toEqual([]);
});

const teacher = 'stages.teacher.with.architecture';
const student = 'stages.student-train.with';

test.each([
  [
    'heads that do not divide the hidden size',
    ['general-distill', `${teacher}.heads=3`],
    'BERT_HEADS_DO_NOT_DIVIDE: hiddenSize 128 is not divisible by 3 heads. The nearest hiddenSize that is: 129.',
  ],
  [
    'heads that differ from the teacher’s',
    ['general-distill', `${student}.student.heads=8`],
    'LOSS_HEADS_DIFFER: Attention scores are compared head by head, but the student has 8 heads and the teacher 4.',
  ],
  [
    'a model too short for the tokens',
    ['general-distill', `${teacher}.maxPositions=32`],
    'BERT_SEQUENCE_TOO_LONG: The tokens have up to 64 positions, but the model has only 32.',
  ],
  [
    'a layer mapping out of range',
    ['general-distill', `${student}.loss.layerMapping={"kind":"list","layers":[2,9]}`],
    'LAYER_MAPPING_OUT_OF_RANGE: Student layer 2 is mapped to teacher layer 9, but the teacher has the Transformer layers 1 to 4',
  ],
  ['a layer mapping that is not uniform', ['general-distill', 'params.layers=3'], 'LAYER_MAPPING_NOT_UNIFORM: '],
  [
    'a loss without a term',
    ['general-distill', ...['attention', 'hidden', 'embedding'].map((term) => `${student}.loss.${term}.weight=0`)],
    'LOSS_NO_TERM: ',
  ],
  [
    'hidden sizes that differ without a projection',
    ['general-distill', `${student}.loss.projection=none`],
    'LOSS_PROJECTION_NEEDED: ',
  ],
  [
    'signals that are not stored',
    ['general-distill', 'stages.teacher-forward.with.store.attentionScores=none'],
    'SIGNALS_MISSING: The loss needs attention scores of teacher layers 2, 4, which teacher-forward does not store.',
  ],
  [
    'logits of a teacher without a classifier',
    ['general-distill', 'stages.teacher-forward.with.store.logits=true'],
    'TEACHER_HAS_NO_CLASSIFIER: ',
  ],
  ['labels of tokens that have none', ['general-distill', `${student}.loss.labels.weight=1`], 'LABELS_NEEDED: '],
  [
    'more than the disk budget',
    ['general-distill', 'stages.teacher-forward.with.store.budget=1 MiB'],
    'OVER_BUDGET: The signals would take about 738.3 MiB, but the budget is 1 MiB. Cheaper: leave attention scores out',
  ],
  ['another vocabulary', ['task-distill', 'stages.tokenize.inputs.tokenizer=./vocabulary'], 'VOCABULARY_DIFFERS: '],
  [
    'a model and a geometry',
    ['task-distill', 'stages.teacher.with.architecture={"layers":1,"hiddenSize":8,"heads":2,"intermediateSize":8}'],
    'MODEL_OR_ARCHITECTURE: "model" is connected and gives the geometry. Remove "architecture"',
  ],
  [
    'a text where tokens are wanted',
    ['general-distill', 'stages.teacher.inputs.tokens=corpus.text'],
    'PIPELINE_PORT_TYPE: ',
  ],
  ['a circle', ['general-distill', 'stages.teacher.inputs.tokens=teacher-forward.signals'], 'PIPELINE_CYCLE: '],
] as const)('%s is refused', async (_, [pipeline, ...set], expected) => {
  const found = await problems(pipeline, ...set);
  expect(
    found.filter((problem) => problem.startsWith(expected)),
    found.join('\n'),
  ).not.toEqual([]);
});
