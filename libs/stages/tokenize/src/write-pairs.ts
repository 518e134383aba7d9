import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '@retort/foundation/diagnostics';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { connected, type StageContext } from '@retort/plugin-kit';
import { streamText } from '@retort/tables';
import { specialCount, type Tokenizer } from '@retort/tokenizer';
import type { DocumentStore } from './document-store.ts';
import type { tokenize } from './index.ts';
import { pairRows } from './pair-rows.ts';
import {
  type DocumentStores,
  documentsContent,
  documentsPath,
  openDocuments,
  type PairPlace,
  type PairsProgress,
  type PendingDocument,
} from './pairs-progress.ts';
import { type Progress, type Split, splitProgress, type Texts } from './progress.ts';
import { corruptOneToken, type SentencePair, sentencePairs } from './sentence-pairs.ts';
import type { SplitWriter } from './split-writer.ts';

type Context = StageContext<typeof tokenize>;

/** Rows of one record batch. */
const BATCH_ROWS = 4096;

/**
 * Pairs of each split, training in several copies that are cut and paired differently. All documents are tokenized into a
 * scratch file first, since the second text of a pair may come from any of them.
 */
export async function writePairs(context: Context, texts: Texts): Promise<Progress> {
  const { checkpoints } = context;
  const { writers, tables } = texts;
  const scratch = (split: Split) => join(connected(context.outputs, split).path, 'documents.scratch');
  const pathOf = (split: Split) => documentsPath(checkpoints, split) ?? scratch(split);
  const stores = await openDocuments(writers.keys(), { pathOf, tables });
  try {
    return await new Pairing(context, { ...texts, stores }).carryOut();
  } finally {
    for (const [split, store] of stores) {
      await store.close();
      await rm(scratch(split), { force: true });
    }
  }
}

interface Materials extends Texts {
  readonly stores: DocumentStores;
}

const BEGINNING = { batches: 0, done: 0, pairs: { textBatches: 0, documents: {} } } as const;

/** Knows at every moment where it stands, and goes on from where another has stood. */
class Pairing {
  readonly #context: Context;
  readonly #materials: Materials;
  #batches: number;
  #done: number;
  #textBatches: number;
  #pending: PendingDocument | undefined;
  #next: PairPlace | undefined;

  constructor(context: Context, materials: Materials) {
    const { batches, done, pairs = BEGINNING.pairs } = materials.tables.saved ?? BEGINNING;
    this.#context = context;
    this.#materials = materials;
    [this.#batches, this.#done] = [batches, done];
    ({ textBatches: this.#textBatches, pending: this.#pending, next: this.#next } = pairs as PairsProgress);
  }

  async carryOut(): Promise<Progress> {
    if (this.#next === undefined) await this.#tokenizeDocuments();
    const { writers } = this.#materials;
    for (const [number, split] of [...writers.keys()].entries()) {
      if (number < (this.#next as PairPlace).split) continue;
      await this.#writeSplit(split, this.#next as PairPlace);
      this.#next = { split: number + 1, copy: 0, document: 0 };
    }
    return (await this.#content()).state;
  }

  async #tokenizeDocuments(): Promise<void> {
    const { tokenizer } = this.#materials;
    const path = join(connected(this.#context.inputs, 'text').path, 'text.arrow');
    for await (const rows of streamText(path, { first: this.#textBatches })) {
      await this.#pass();
      const encoded = await tokenizer.encodeWords(rows.map((row) => row.sentence));
      for (const [i, { document, split }] of rows.entries()) {
        if (this.#pending?.document !== document) {
          await this.#storePending();
          this.#pending = { document, split, sentences: [] };
        }
        const sentence = encoded[i] as number[];
        if (sentence.length > 0) this.#pending.sentences.push(sentence);
      }
      this.#textBatches += 1;
      this.#batches += 1;
      this.#done += rows.length;
      this.#context.progress({ done: this.#done, unit: 'sentences' });
    }
    await this.#storePending();
    this.#next = { split: 0, copy: 0, document: 0 };
  }

  async #storePending(): Promise<void> {
    const { split, sentences } = this.#pending ?? { split: 'train' as const, sentences: [] };
    if (sentences.length > 0) await this.#materials.stores.get(split)?.add(sentences);
    this.#pending = undefined;
  }

  async #writeSplit(split: Split, from: PairPlace): Promise<void> {
    const { tokenizer, writers, stores } = this.#materials;
    const [writer, store] = [writers.get(split) as SplitWriter, stores.get(split) as DocumentStore];
    if (store.documentCount === 1) throw oneDocument(split);
    const copies = split === 'train' ? this.#context.config.pairs.copies : 1;
    let rows: SentencePair[] = [];
    for (let { copy, document } = from; copy < copies; copy++, document = 0) {
      for (; document < store.documentCount && !writer.isFull(); document++) {
        rows.push(...documentPairs(this.#context, { split, tokenizer, store }, { copy, document }));
        if (rows.length < BATCH_ROWS) continue;
        await writer.append(pairRows(rows, tokenizer));
        rows = [];
        this.#batches += 1;
        this.#next = { ...from, copy, document: document + 1 };
        const done = copy * store.documentCount + document;
        this.#context.progress({ done, total: copies * store.documentCount, unit: `documents for ${split}` });
        await this.#pass();
      }
    }
    await writer.append(pairRows(rows, tokenizer));
  }

  #pass(): Promise<void> {
    return this.#materials.tables.pass(this.#batches, () => this.#content());
  }

  async #content(): Promise<{ state: Progress; arrays: ReadonlyMap<string, Float32Array> }> {
    const { documents, arrays } = await documentsContent(this.#materials.stores);
    const pairs = { textBatches: this.#textBatches, pending: this.#pending, documents, next: this.#next };
    const splits = splitProgress(this.#materials.writers);
    return { state: { batches: this.#batches, done: this.#done, truncated: 0, splits, pairs }, arrays };
  }
}

interface SplitPairs {
  readonly split: Split;
  readonly tokenizer: Tokenizer;
  readonly store: DocumentStore;
}

function* documentPairs(
  { seed, config: { maxSequenceLength, pairs } }: Context,
  { split, store, tokenizer }: SplitPairs,
  { copy, document }: { copy: number; document: number },
): Generator<SentencePair> {
  const random = new RandomStream(streamKey(seed, 'sentence-pairs', split, copy, document));
  const elsewhere = (tokens: number) => [...store.elsewhere(document, tokens, random)];
  const source = { sentences: store.read(document), random, elsewhere };
  for (const pair of sentencePairs(source, {
    ...pairs,
    maxTokens: maxSequenceLength - specialCount(tokenizer.frame, { isPair: true }),
  }))
    yield pairs.corruption === 'none' ? pair : corruptOneToken(pair, { random, ...tokenizer });
}

function oneDocument(split: Split): StageError {
  return new StageError(
    'TOKENIZE_ONE_DOCUMENT',
    `Sentence pairs take their second text from another document, but ${split} has only one. Give the corpus more documents, or change its "validationFraction".`,
  );
}
