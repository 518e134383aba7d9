import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { initialValues, parameterSpecs, saveModel } from '@retort/families';
import type { Measurement } from '@retort/lab';
import { augment as definition } from '@retort/stage-augment';
import { createExamplesWriter } from '@retort/tables';
import { SPECIAL_TOKENS, saveTokenizer } from '@retort/tokenizer';
import type { BenchContext } from '../bench.ts';
import { madeSentences } from '../inputs/made-words.ts';
import { bertConfig, type Geometry, geometryFor, nameOf } from '../paper-geometry.ts';
import { rateOf } from '../repeat.ts';
import { artifactAt, runStage } from '../works/run-stage.ts';

/** Rows that the model answers at once, one for each word: the stage's default. */
const BATCH_ROWS = 64;
const COPIES = 20;

/** The stage `augment` with a masked language model of the teacher's size, from the start of its process to its end. */
export async function augment(context: BenchContext): Promise<Measurement[]> {
  const geometry = geometryFor(context);
  const sentences = madeSentences({
    sentences: context.quick ? 8 : 64,
    distinctWords: context.quick ? 200 : 20_000,
    seed: 1,
  });
  const words = sentences.flatMap((sentence) => sentence.match(/[a-z]+/g) ?? []);
  const model = await writeModel(join(context.scratchFolder, 'masked-language-model'), { geometry, words });
  const examples = await writeExamples(join(context.scratchFolder, 'examples'), sentences);
  const { maxSequenceLength } = geometry;
  const config = { copies: COPIES, batchSize: BATCH_ROWS, maxSequenceLength };
  const { seconds, metrics } = await runStage(context, { definition, config, inputs: { examples, model } });
  const counts = `${words.length} words in ${sentences.length} sentences, ${metrics['addedExamples']} copies`;
  return [
    {
      name: `augment with ${nameOf(geometry.teacher)} at ${BATCH_ROWS} rows`,
      unit: 'sentences/s',
      ...rateOf(sentences.length, [seconds * 1000]),
      notes: `the whole stage: starting, compiling and saving included; ${counts}; ${context.threads} threads`,
    },
  ];
}

/** A masked language model with random weights that knows every one of the words as a whole. */
async function writeModel(path: string, { geometry, words }: { geometry: Geometry; words: readonly string[] }) {
  await mkdir(path, { recursive: true });
  const distinct = [...new Set(words)];
  const known = [...SPECIAL_TOKENS, '.', ...distinct];
  const others = Array.from({ length: Math.max(0, geometry.vocabularySize - known.length) }, (_, i) => `other${i}`);
  const tokens = [...known, ...others];
  const normalizer = { lowercase: true, cleanText: true, handleChineseChars: true };
  await saveTokenizer({ tokens, normalizer, maxCharactersPerWord: 100 }, path);
  const config = { ...bertConfig(geometry.teacher, { ...geometry, vocabularySize: tokens.length }) };
  const heads = ['maskedLanguageModel'] as const;
  await saveModel({
    folder: path,
    config,
    heads,
    values: initialValues(parameterSpecs(config, heads), 1),
    tokenizerFolder: path,
  });
  return artifactAt(path, 'model');
}

async function writeExamples(path: string, sentences: readonly string[]) {
  await mkdir(path, { recursive: true });
  const writer = await createExamplesWriter(join(path, 'examples.arrow'), {
    name: 'bench',
    task: { kind: 'classes', labels: ['no', 'yes'] },
  });
  await writer.append(sentences.map((textA, i) => ({ textA, label: i % 2, split: 'train' as const })));
  await writer.close();
  return artifactAt(path, 'examples');
}
