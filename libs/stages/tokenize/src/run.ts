import { join } from 'node:path';
import { connected, type StageContext, type StageRun } from '@retort/plugin-kit';
import {
  createTokensWriter,
  type ExamplesMetadata,
  ResumableTables,
  readExamplesMetadata,
  streamExamples,
  streamText,
  type TokensMetadata,
} from '@retort/tables';
import { loadTokenizer, saveTokenizer, type Tokenizer } from '@retort/tokenizer';
import { inspectTokenizer } from '@retort/tokenizer/vocabulary';
import { encodeExamples } from './example-rows.ts';
import type { tokenize } from './index.ts';
import { findDocumentsFault } from './pairs-progress.ts';
import { type Progress, type Split, splitProgress, type Tables, type Texts, type Writers } from './progress.ts';
import { type SplitWriter, splitWriter } from './split-writer.ts';
import { packedEncoder, sentenceEncoder } from './text-rows.ts';
import { writePairs } from './write-pairs.ts';

type Context = StageContext<typeof tokenize>;

export const run: StageRun<typeof tokenize> = async (context) => {
  const { config, inputs, checkpoints } = context;
  const tokenizer = await loadTokenizer(inputs.tokenizer.path);
  const found = await inspectTokenizer(inputs.tokenizer.path);
  if ('warnings' in found) for (const warning of found.warnings) context.warn(warning);
  const examples = inputs.examples && (await readExamplesMetadata(examplesPath(context))).metadata;
  const tables = await ResumableTables.load<Progress>(checkpoints, ({ pairs }) =>
    findDocumentsFault(checkpoints, pairs),
  );
  if (tables.saved) context.log(`Resumed after ${tables.saved.done} ${examples ? 'examples' : 'sentences'}.`);
  const writers = await openWriters(context, { tokenizer, examples, tables });
  const texts = { tokenizer, writers, tables };
  const write = () => {
    if (examples) return writeExamples(context, { ...texts, examples });
    return config.packing === 'sentence-pairs' ? writePairs(context, texts) : writeText(context, texts);
  };
  const { rows } = await tables.write(write, ({ batches }) => batches + 1);
  for (const split of ['train', 'validation'] as const)
    if (writers.get(split)?.counts.rows === 0) context.warn(`There are no rows for ${split}.`);
  return {
    rows,
    metrics: Object.fromEntries([...writers].map(([split, writer]) => [`${split}Tokens`, writer.counts.tokens])),
  };
};

/** A file for each output. A model made from these tokens needs their vocabulary beside it, so every one has its own copy. */
async function openWriters(
  { config, outputs }: Context,
  { tokenizer, examples, tables }: { tokenizer: Tokenizer; examples: ExamplesMetadata | undefined; tables: Tables },
): Promise<Writers> {
  const writers = new Map<Split, SplitWriter>();
  for (const split of ['train', 'selection', 'validation', 'test'] as const) {
    const output = outputs[split];
    if (output === undefined) continue;
    await saveTokenizer(tokenizer.vocabulary, output.path);
    const metadata = {
      ...metadataOf(tokenizer, config.maxSequenceLength),
      ...(examples && taskMetadata(examples, split)),
    };
    const path = join(output.path, 'tokens.arrow');
    const file = await tables.open(split, (partial) => createTokensWriter(path, metadata, partial));
    const { counts } = tables.saved?.splits[split] ?? {};
    writers.set(split, splitWriter(file, { maxRows: config.maxRows, counts }));
  }
  return writers;
}

async function writeText(context: Context, { tokenizer, writers, tables }: Texts): Promise<Progress> {
  const from = tables.saved;
  const { maxSequenceLength, packing } = context.config;
  const encoderOf = (split: Split) =>
    packing === 'packed'
      ? packedEncoder(tokenizer, maxSequenceLength, from?.splits[split]?.packer)
      : sentenceEncoder(tokenizer, maxSequenceLength);
  const targets = [...writers].map(([split, writer]) => ({ split, writer, encoder: encoderOf(split) }));
  let { batches = 0, done = 0 } = from ?? {};
  const progress = (): Progress => {
    const packers = new Map(targets.map(({ split, encoder }) => [split, encoder.state()]));
    return { batches, done, truncated: 0, splits: splitProgress(writers, packers) };
  };
  const isFull = () => targets.every(({ writer }) => writer.isFull());
  for await (const rows of streamText(join(connected(context.inputs, 'text').path, 'text.arrow'), { first: batches })) {
    await tables.pass(batches, () => ({ state: progress() }));
    for (const { split, writer, encoder } of targets) {
      if (writer.isFull()) continue;
      await writer.append(await encoder.encode(rows.filter((row) => row.split === split)));
    }
    batches += 1;
    done += rows.length;
    context.progress({ done, unit: 'sentences', values: tokenCounts(writers) });
    if (isFull()) break;
  }
  if (!isFull()) for (const { writer, encoder } of targets) await writer.append(encoder.end());
  return progress();
}

interface Examples extends Texts {
  readonly examples: ExamplesMetadata;
}

async function writeExamples(context: Context, { tokenizer, examples, writers, tables }: Examples): Promise<Progress> {
  const { maxSequenceLength } = context.config;
  let { batches = 0, done = 0, truncated = 0 } = tables.saved ?? {};
  const progress = (): Progress => ({ batches, done, truncated, splits: splitProgress(writers) });
  for await (const rows of streamExamples(examplesPath(context), { first: batches })) {
    await tables.pass(batches, () => ({ state: progress() }));
    for (const [split, writer] of writers) {
      const isUnlabelled = split === 'test' && Boolean(examples.isTestUnlabelled);
      const encoded = await encodeExamples(
        rows.filter((row) => row.split === split),
        { task: examples.task, tokenizer, maxSequenceLength, isUnlabelled },
      );
      truncated += encoded.truncatedCount;
      await writer.append(encoded);
    }
    batches += 1;
    done += rows.length;
    context.progress({ done, unit: 'examples', values: tokenCounts(writers) });
  }
  if (truncated > 0) context.log(`${truncated} of ${done} examples were truncated to ${maxSequenceLength} tokens.`);
  return progress();
}

function tokenCounts(writers: Writers): Record<string, number> {
  return { tokens: [...writers.values()].reduce((sum, { counts }) => sum + counts.tokens, 0) };
}

function examplesPath({ inputs }: Context): string {
  return join(connected(inputs, 'examples').path, 'examples.arrow');
}

function metadataOf(tokenizer: Tokenizer, maxSequenceLength: number): TokensMetadata {
  const { digest, vocabularySize, padId, unkId, clsId, sepId, maskId } = tokenizer;
  return { tokenizerDigest: digest, vocabularySize, maxSequenceLength, padId, unkId, clsId, sepId, maskId };
}

function taskMetadata(metadata: ExamplesMetadata, split: Split): Partial<TokensMetadata> {
  const { task, glue, isTestUnlabelled } = metadata;
  return {
    task,
    split,
    ...(glue && { glue }),
    ...(split === 'test' && isTestUnlabelled && { isUnlabelled: true }),
  };
}
