import { join } from 'node:path';
import { connected, type StageContext, type StageRun } from '@retort/plugin-kit';
import {
  type ExamplesMetadata,
  finish,
  readExamplesMetadata,
  streamExamples,
  streamText,
  type TokensMetadata,
} from '@retort/tables';
import { loadTokenizer, saveTokenizer, type Tokenizer } from '@retort/tokenizer';
import { inspectTokenizer } from '@retort/tokenizer/vocabulary';
import { encodeExamples } from './example-rows.ts';
import type { tokenize } from './index.ts';
import { loadProgress, type Progress, partialTable, type Split, splitProgress } from './progress.ts';
import { createSplitWriter, type SplitWriter } from './split-writer.ts';
import { packedEncoder, sentenceEncoder } from './text-rows.ts';
import { writePairs } from './write-pairs.ts';

type Context = StageContext<typeof tokenize>;

type Writers = ReadonlyMap<Split, SplitWriter>;

export const run: StageRun<typeof tokenize> = async (context) => {
  const { config, inputs, checkpoints } = context;
  const tokenizer = await loadTokenizer(inputs.tokenizer.path);
  const found = await inspectTokenizer(inputs.tokenizer.path);
  if ('warnings' in found) for (const warning of found.warnings) context.warn(warning);
  const examples = inputs.examples && (await readExamplesMetadata(examplesPath(context))).metadata;
  const saved = await loadProgress(checkpoints);
  const from = saved?.progress;
  if (from) context.log(`Resumed after ${from.done} ${examples ? 'examples' : 'sentences'}.`);
  const writers = await openWriters(context, { tokenizer, examples, from });
  let last = from;
  const write = async () => {
    if (from?.splits.train?.table.isWhole) return;
    if (examples) last = await writeExamples(context, { tokenizer, examples, writers, from });
    else if (config.packing === 'sentence-pairs')
      last = await writePairs(context, tokenizer, { writers, found: saved });
    else last = await writeText(context, { tokenizer, writers, from });
  };
  const splits = [...writers.keys()];
  const counts = await finish(
    [...writers.values()].map(({ file }) => file),
    write,
  );
  // The tables are whole now: an attempt that is killed before they are published has nothing left to compute.
  await checkpoints.save(last!.batches + 1, { state: { ...last, splits: await splitProgress(writers) } });
  for (const split of ['train', 'validation'] as const)
    if (writers.get(split)?.counts.rows === 0) context.warn(`There are no rows for ${split}.`);
  return {
    rows: Object.fromEntries(splits.map((split, i) => [split, counts[i] as number])),
    metrics: Object.fromEntries([...writers].map(([split, writer]) => [`${split}Tokens`, writer.counts.tokens])),
  };
};

/** A file for each output. A model made from these tokens needs their vocabulary beside it, so every one has its own copy. */
async function openWriters(
  { config, outputs, checkpoints }: Context,
  {
    tokenizer,
    examples,
    from,
  }: { tokenizer: Tokenizer; examples: ExamplesMetadata | undefined; from: Progress | undefined },
): Promise<Writers> {
  const writers = new Map<Split, SplitWriter>();
  for (const split of ['train', 'validation', 'test'] as const) {
    const output = outputs[split];
    if (output === undefined) continue;
    await saveTokenizer(tokenizer.vocabulary, output.path);
    const metadata = {
      ...metadataOf(tokenizer, config.maxSequenceLength),
      ...(examples && taskMetadata(examples, split)),
    };
    const writer = await createSplitWriter(join(output.path, 'tokens.arrow'), metadata, {
      maxRows: config.maxRows,
      partial: partialTable(checkpoints, split, from),
      counts: from?.splits[split]?.counts,
    });
    writers.set(split, writer);
  }
  return writers;
}

interface Texts {
  readonly tokenizer: Tokenizer;
  readonly writers: Writers;
  readonly from: Progress | undefined;
}

async function writeText(context: Context, { tokenizer, writers, from }: Texts): Promise<Progress> {
  const { maxSequenceLength, packing } = context.config;
  const encoderOf = (split: Split) =>
    packing === 'packed'
      ? packedEncoder(tokenizer, maxSequenceLength, from?.splits[split]?.packer)
      : sentenceEncoder(tokenizer, maxSequenceLength);
  const targets = [...writers].map(([split, writer]) => ({ split, writer, encoder: encoderOf(split) }));
  let { batches = 0, done = 0 } = from ?? {};
  const progress = async (): Promise<Progress> => {
    const packers = new Map(targets.map(({ split, encoder }) => [split, encoder.state()]));
    return { batches, done, truncated: 0, splits: await splitProgress(writers, packers) };
  };
  const isFull = () => targets.every(({ writer }) => writer.isFull());
  for await (const rows of streamText(join(connected(context.inputs, 'text').path, 'text.arrow'), { first: batches })) {
    await context.checkpoints.pass(batches, async () => ({ state: await progress() }));
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

async function writeExamples(context: Context, { tokenizer, examples, writers, from }: Examples): Promise<Progress> {
  const { maxSequenceLength } = context.config;
  let { batches = 0, done = 0, truncated = 0 } = from ?? {};
  const progress = async (): Promise<Progress> => ({ batches, done, truncated, splits: await splitProgress(writers) });
  for await (const rows of streamExamples(examplesPath(context), { first: batches })) {
    await context.checkpoints.pass(batches, async () => ({ state: await progress() }));
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
  if (truncated > 0) context.log(`${truncated} of ${done} examples were cut to ${maxSequenceLength} tokens.`);
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
