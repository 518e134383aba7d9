import { join } from 'node:path';
import { finish, readExamplesMetadata, streamExamples, streamText, type TokensMetadata } from '@retort/columnar';
import type { StageContext, StageRun } from '@retort/stage-kit';
import { loadTokenizer, saveTokenizer, type Tokenizer } from '@retort/tokenizer';
import type { TokenizeConfig } from './config.generated.ts';
import { encodeExamples } from './example-rows.ts';
import { createSplitWriter, type SplitWriter } from './split-writer.ts';
import { packedEncoder, sentenceEncoder } from './text-rows.ts';

type Context = StageContext<TokenizeConfig>;

const SPLITS = ['train', 'validation'] as const;
type Split = (typeof SPLITS)[number];
type Writers = Readonly<Record<Split, SplitWriter>>;

export const run: StageRun<TokenizeConfig> = async (context) => {
  const { config, inputs, outputs } = context;
  const tokenizer = await loadTokenizer(inputs['tokenizer']!.path);
  const labels = inputs['examples'] && (await readExamplesMetadata(examplesPath(context))).metadata.labels;
  const metadata = metadataOf(tokenizer, config.maxSequenceLength, labels);
  const writerOf = (split: Split) =>
    createSplitWriter(join(outputs[split]!.path, 'tokens.arrow'), metadata, config.maxRows);
  const writers = { train: await writerOf('train'), validation: await writerOf('validation') };
  // A model made from these tokens needs their vocabulary beside it; so every output brings its own copy.
  for (const split of SPLITS) await saveTokenizer(tokenizer.vocabulary, outputs[split]!.path);
  const files = SPLITS.map((split) => writers[split].file);
  const write = () =>
    labels ? writeExamples(context, { tokenizer, labels, writers }) : writeText(context, tokenizer, writers);
  const [train = 0, validation = 0] = await finish(files, write);
  for (const split of SPLITS) if (writers[split].counts.rows === 0) context.warn(`There are no rows for ${split}.`);
  return {
    rows: { train, validation },
    metrics: { trainTokens: writers.train.counts.tokens, validationTokens: writers.validation.counts.tokens },
  };
};

async function writeText(context: Context, tokenizer: Tokenizer, writers: Writers): Promise<void> {
  const { maxSequenceLength, packing } = context.config;
  const createEncoder = packing === 'packed' ? packedEncoder : sentenceEncoder;
  const encoders = {
    train: createEncoder(tokenizer, maxSequenceLength),
    validation: createEncoder(tokenizer, maxSequenceLength),
  };
  let done = 0;
  for await (const rows of streamText(join(context.inputs['text']!.path, 'text.arrow'))) {
    context.throwIfInterrupted();
    for (const split of SPLITS) {
      if (writers[split].isFull()) continue;
      await writers[split].append(await encoders[split].encode(rows.filter((row) => row.split === split)));
    }
    done += rows.length;
    context.progress({ done, unit: 'sentences', values: tokenCounts(writers) });
    if (SPLITS.every((split) => writers[split].isFull())) return;
  }
  for (const split of SPLITS) await writers[split].append(encoders[split].end());
}

interface Examples {
  readonly tokenizer: Tokenizer;
  readonly labels: readonly string[];
  readonly writers: Writers;
}

async function writeExamples(context: Context, { tokenizer, labels, writers }: Examples): Promise<void> {
  const { maxSequenceLength } = context.config;
  let done = 0;
  let truncated = 0;
  for await (const rows of streamExamples(examplesPath(context))) {
    context.throwIfInterrupted();
    for (const split of SPLITS) {
      const encoded = await encodeExamples(
        rows.filter((row) => row.split === split),
        { tokenizer, maxSequenceLength, labels },
      );
      truncated += encoded.truncatedCount;
      await writers[split].append(encoded);
    }
    done += rows.length;
    context.progress({ done, unit: 'examples', values: tokenCounts(writers) });
  }
  if (truncated > 0) context.log(`${truncated} of ${done} examples were cut to ${maxSequenceLength} tokens.`);
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
