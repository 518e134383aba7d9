import { join } from 'node:path';
import { finish, readExamplesMetadata, streamExamples, streamText, type TokensMetadata } from '@retort/columnar';
import type { StageContext, StageRun } from '@retort/stage-kit';
import { loadTokenizer, saveTokenizer, type Tokenizer } from '@retort/tokenizer';
import type { TokenizeConfig } from './config.generated.ts';
import { encodeExamples } from './example-rows.ts';
import { loadProgress, partialTable, type Progress, type Split, splitProgress, SPLITS } from './progress.ts';
import { createSplitWriter, type SplitWriter } from './split-writer.ts';
import { packedEncoder, sentenceEncoder } from './text-rows.ts';

type Context = StageContext<TokenizeConfig>;

type Writers = Readonly<Record<Split, SplitWriter>>;

export const run: StageRun<TokenizeConfig> = async (context) => {
  const { config, inputs, outputs, checkpoints } = context;
  const tokenizer = await loadTokenizer(inputs['tokenizer']!.path);
  const labels = inputs['examples'] && (await readExamplesMetadata(examplesPath(context))).metadata.labels;
  const metadata = metadataOf(tokenizer, config.maxSequenceLength, labels);
  const from = await loadProgress(checkpoints);
  if (from) context.log(`Resumed after ${from.done} ${labels ? 'examples' : 'sentences'}.`);
  const writerOf = (split: Split) =>
    createSplitWriter(join(outputs[split]!.path, 'tokens.arrow'), metadata, {
      maxRows: config.maxRows,
      partial: partialTable(checkpoints, split, from),
      counts: from?.splits[split].counts,
    });
  const writers = { train: await writerOf('train'), validation: await writerOf('validation') };
  // A model made from these tokens needs their vocabulary beside it; so every output brings its own copy.
  for (const split of SPLITS) await saveTokenizer(tokenizer.vocabulary, outputs[split]!.path);
  const files = SPLITS.map((split) => writers[split].file);
  let last = from;
  const write = async () => {
    if (from?.splits.train.table.isWhole) return;
    last = labels
      ? await writeExamples(context, { tokenizer, labels, writers, from })
      : await writeText(context, { tokenizer, writers, from });
  };
  const [train = 0, validation = 0] = await finish(files, write);
  // The tables are whole now: an attempt that is killed before they are published has nothing left to compute.
  await checkpoints.save(last!.batches + 1, { state: { ...last, splits: await splitProgress(writers) } });
  for (const split of SPLITS) if (writers[split].counts.rows === 0) context.warn(`There are no rows for ${split}.`);
  return {
    rows: { train, validation },
    metrics: { trainTokens: writers.train.counts.tokens, validationTokens: writers.validation.counts.tokens },
  };
};

interface Texts {
  readonly tokenizer: Tokenizer;
  readonly writers: Writers;
  readonly from: Progress | undefined;
}

async function writeText(context: Context, { tokenizer, writers, from }: Texts): Promise<Progress> {
  const { maxSequenceLength, packing } = context.config;
  const encoderOf = (split: Split) =>
    packing === 'packed'
      ? packedEncoder(tokenizer, maxSequenceLength, from?.splits[split].packer)
      : sentenceEncoder(tokenizer, maxSequenceLength);
  const encoders = { train: encoderOf('train'), validation: encoderOf('validation') };
  let { batches = 0, done = 0 } = from ?? {};
  const progress = async (): Promise<Progress> => {
    const packers = { train: encoders.train.state(), validation: encoders.validation.state() };
    return { batches, done, truncated: 0, splits: await splitProgress(writers, packers) };
  };
  const isFull = () => SPLITS.every((split) => writers[split].isFull());
  for await (const rows of streamText(join(context.inputs['text']!.path, 'text.arrow'), { first: batches })) {
    await context.checkpoints.pass(batches, async () => ({ state: await progress() }));
    for (const split of SPLITS) {
      if (writers[split].isFull()) continue;
      await writers[split].append(await encoders[split].encode(rows.filter((row) => row.split === split)));
    }
    batches += 1;
    done += rows.length;
    context.progress({ done, unit: 'sentences', values: tokenCounts(writers) });
    if (isFull()) break;
  }
  if (!isFull()) for (const split of SPLITS) await writers[split].append(encoders[split].end());
  return progress();
}

interface Examples extends Texts {
  readonly labels: readonly string[];
}

async function writeExamples(context: Context, { tokenizer, labels, writers, from }: Examples): Promise<Progress> {
  const { maxSequenceLength } = context.config;
  let { batches = 0, done = 0, truncated = 0 } = from ?? {};
  const progress = async (): Promise<Progress> => ({ batches, done, truncated, splits: await splitProgress(writers) });
  for await (const rows of streamExamples(examplesPath(context), { first: batches })) {
    await context.checkpoints.pass(batches, async () => ({ state: await progress() }));
    for (const split of SPLITS) {
      const encoded = await encodeExamples(
        rows.filter((row) => row.split === split),
        { tokenizer, maxSequenceLength, labels },
      );
      truncated += encoded.truncatedCount;
      await writers[split].append(encoded);
    }
    batches += 1;
    done += rows.length;
    context.progress({ done, unit: 'examples', values: tokenCounts(writers) });
  }
  if (truncated > 0) context.log(`${truncated} of ${done} examples were cut to ${maxSequenceLength} tokens.`);
  return progress();
}

function tokenCounts(writers: Writers): Record<string, number> {
  return { tokens: writers.train.counts.tokens + writers.validation.counts.tokens };
}

function examplesPath({ inputs }: Context): string {
  return join(inputs['examples']!.path, 'examples.arrow');
}

function metadataOf(
  tokenizer: Tokenizer,
  maxSequenceLength: number,
  labels: readonly string[] | undefined,
): TokensMetadata {
  const { digest, vocabularySize, padId, unkId, clsId, sepId, maskId } = tokenizer;
  return {
    tokenizerDigest: digest,
    vocabularySize,
    maxSequenceLength,
    padId,
    unkId,
    clsId,
    sepId,
    maskId,
    ...(labels && { labels }),
  };
}
