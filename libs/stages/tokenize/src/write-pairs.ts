import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { streamText } from '@retort/columnar';
import { StageError } from '@retort/diagnostics';
import { RandomStream, streamKey } from '@retort/random';
import type { OutputArtifact, StageContext } from '@retort/stage-kit';
import type { Tokenizer } from '@retort/tokenizer';
import type { TokenizeConfig } from './config.generated.ts';
import { DocumentStore } from './document-store.ts';
import { pairRows } from './pair-rows.ts';
import { type Progress, type Split, splitProgress } from './progress.ts';
import { corruptOneToken, type SentencePair, sentencePairs } from './sentence-pairs.ts';
import type { SplitWriter } from './split-writer.ts';

type Context = StageContext<TokenizeConfig>;
type Writers = ReadonlyMap<Split, SplitWriter>;

/** Rows of one record batch. */
const BATCH_ROWS = 4096;

/**
 * Pairs of each split, training in several copies that are cut and paired differently. All documents are tokenized into a
 * scratch file first, since the second text of a pair may come from any of them.
 */
export async function writePairs(context: Context, tokenizer: Tokenizer, writers: Writers): Promise<Progress> {
  const stores = new Map<Split, DocumentStore>();
  const scratch = (split: Split) => join((context.outputs[split] as OutputArtifact).path, 'documents.scratch');
  try {
    for (const split of writers.keys()) stores.set(split, await DocumentStore.create(scratch(split)));
    const done = await tokenizeDocuments(context, tokenizer, stores);
    for (const [split, writer] of writers)
      await writeSplit(context, { split, writer, tokenizer, store: stores.get(split) as DocumentStore });
    return { batches: 1, done, truncated: 0, splits: await splitProgress(writers) };
  } finally {
    for (const [split, store] of stores) {
      await store.close();
      await rm(scratch(split), { force: true });
    }
  }
}

/** @returns sentences that were read */
async function tokenizeDocuments(
  context: Context,
  tokenizer: Tokenizer,
  stores: ReadonlyMap<Split, DocumentStore>,
): Promise<number> {
  let pending: { document: number; split: Split; sentences: number[][] } | undefined;
  let done = 0;
  const flush = async () => {
    if (pending && pending.sentences.length > 0) await stores.get(pending.split)?.add(pending.sentences);
  };
  for await (const rows of streamText(join(context.inputs['text']!.path, 'text.arrow'))) {
    context.throwIfInterrupted();
    const encoded = await tokenizer.encodeWords(rows.map((row) => row.sentence));
    for (const [i, { document, split }] of rows.entries()) {
      if (pending?.document !== document) {
        await flush();
        pending = { document, split, sentences: [] };
      }
      if ((encoded[i] as number[]).length > 0) pending.sentences.push(encoded[i] as number[]);
    }
    done += rows.length;
    context.progress({ done, unit: 'sentences' });
  }
  await flush();
  return done;
}

interface SplitPairs {
  readonly split: Split;
  readonly writer: SplitWriter;
  readonly tokenizer: Tokenizer;
  readonly store: DocumentStore;
}

async function writeSplit(context: Context, request: SplitPairs): Promise<void> {
  const { split, writer, tokenizer, store } = request;
  if (store.documentCount === 1) throw oneDocument(split);
  const copies = split === 'train' ? context.config.pairs.copies : 1;
  let pending: SentencePair[] = [];
  for (let copy = 0; copy < copies; copy++) {
    for (let document = 0; document < store.documentCount && !writer.isFull(); document++) {
      pending.push(...documentPairs(context, request, { copy, document }));
      if (pending.length < BATCH_ROWS) continue;
      context.throwIfInterrupted();
      await writer.append(pairRows(pending, tokenizer));
      pending = [];
      context.progress({
        done: copy * store.documentCount + document,
        total: copies * store.documentCount,
        unit: `documents for ${split}`,
      });
    }
  }
  await writer.append(pairRows(pending, tokenizer));
}

function* documentPairs(
  { seed, config: { maxSequenceLength, pairs } }: Context,
  { split, store, tokenizer }: SplitPairs,
  { copy, document }: { copy: number; document: number },
): Generator<SentencePair> {
  const random = new RandomStream(streamKey(seed, 'sentence-pairs', split, copy, document));
  const elsewhere = (tokens: number) => [...store.elsewhere(document, tokens, random)];
  const source = { sentences: store.read(document), random, elsewhere };
  for (const pair of sentencePairs(source, { ...pairs, maxTokens: maxSequenceLength - 3 }))
    yield pairs.corruption === 'none' ? pair : corruptOneToken(pair, { random, ...tokenizer });
}

function oneDocument(split: Split): StageError {
  return new StageError(
    'TOKENIZE_ONE_DOCUMENT',
    `Sentence pairs take their second text from another document, but there is only one for ${split}. Give the corpus more documents, or its "validationFraction" another value.`,
  );
}
