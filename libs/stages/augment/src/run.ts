import { join } from 'node:path';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { connected, type StageContext, type StageRun } from '@retort/plugin-kit';
import {
  createExamplesWriter,
  type ExampleRow,
  ResumableTables,
  readExamplesMetadata,
  streamExamples,
} from '@retort/tables';
import { maskedLanguageModelSource } from './candidates/masked-language-model.ts';
import type { CandidateSource, WordRequest } from './candidates/source.ts';
import { synonymSource } from './candidates/synonyms.ts';
import { vectorSource } from './candidates/word-vectors.ts';
import type { AugmentConfig } from './config.generated.ts';
import { drafts } from './drafts.ts';
import type { augment } from './index.ts';
import { ENGLISH_STOP_WORDS } from './stop-words.ts';
import { findWords } from './words.ts';

type Context = StageContext<typeof augment>;

interface Progress {
  /** Examples that are done. */
  readonly done: number;
  readonly added: number;
}

/** Examples whose words are asked for together: enough to fill batches of all widths. */
const EXAMPLES_AT_ONCE = 128;
const SIDES = ['textA', 'textB'] as const;
type Side = (typeof SIDES)[number];

export const run: StageRun<typeof augment> = async (context) => {
  const { inputs, outputs } = context;
  const path = join(inputs.examples.path, 'examples.arrow');
  const { metadata, rowCount: total } = await readExamplesMetadata(path);
  const source = await sourceOf(context);
  const tables = await ResumableTables.load<Progress>(context.checkpoints);
  let { done, added } = tables.saved ?? { done: 0, added: 0 };
  if (tables.saved) context.log(`Resumed after ${done} of ${total} examples.`);
  const writer = await tables.open('examples', (partial) =>
    createExamplesWriter(join(outputs.examples.path, 'examples.arrow'), metadata, partial),
  );
  const write = async () => {
    for await (const examples of groups(path, done)) {
      await tables.pass(done, () => ({ state: { done, added } }));
      const all = await withCopies(examples, { context, source, first: done });
      await writer.append(all);
      done += examples.length;
      added += all.length - examples.length;
      context.progress({ done, total, unit: 'examples', values: { added } });
    }
    return { done, added };
  };
  const { rows } = await tables.write(write, (state) => state.done + 1);
  await source.dispose();
  if (added === 0) context.warn('No example got a copy: no word of the training split has candidates.');
  return { rows, metrics: { givenExamples: done, addedExamples: added } };
};

async function sourceOf({ config, inputs, engine, threads, throwIfInterrupted }: Context): Promise<CandidateSource> {
  const { candidates: count, vectorRows: rows } = config;
  const create = {
    vectors: () => vectorSource(connected(inputs, 'vectors'), { count, rows }),
    synonyms: () => synonymSource(connected(inputs, 'synonyms'), { count }),
  };
  if (config.source !== 'masked-language-model') return create[config.source]();
  const splitWords = config.splitWords === 'keep' ? undefined : await create[config.splitWords]();
  return maskedLanguageModelSource(connected(inputs, 'model'), {
    ...config,
    engine,
    threads,
    count,
    throwIfInterrupted,
    splitWords,
  });
}

/** Examples from row `first` on, some at a time; always the same groups after the same row. */
async function* groups(path: string, first: number): AsyncGenerator<ExampleRow[]> {
  let skip = first;
  for await (const batch of streamExamples(path)) {
    const rest = batch.slice(skip);
    skip = Math.max(0, skip - batch.length);
    for (let at = 0; at < rest.length; at += EXAMPLES_AT_ONCE) yield rest.slice(at, at + EXAMPLES_AT_ONCE);
  }
}

/** Every example, those of the training split followed by their copies; labels are the example's own. */
async function withCopies(
  examples: readonly ExampleRow[],
  { context, source, first }: { context: Context; source: CandidateSource; first: number },
): Promise<ExampleRow[]> {
  const texts = examples.flatMap((row, i) => (row.split === 'train' ? sidesOf(row, first + i) : []));
  const requests = texts.map(({ text }) => requestsOf(text, context.config));
  const candidates = await source.find(requests.flat());
  const copies = new Map<number, ExampleRow[]>();
  let at = 0;
  for (const [i, { row, index, side, text }] of texts.entries()) {
    const replaceable = (requests[i] as WordRequest[]).map(({ word }) => ({ word, candidates: candidates[at++]! }));
    const random = new RandomStream(streamKey(context.seed, 'augment', index, side));
    const made = drafts(text, replaceable, { ...context.config, random }).map((draft) => ({ ...row, [side]: draft }));
    copies.set(index, [...(copies.get(index) ?? []), ...made]);
  }
  return examples.flatMap((row, i) => [row, ...(copies.get(first + i) ?? [])]);
}

/** Each text of a pair is varied beside the other as it was. The reference code pairs the second one's with the first one's last variant. */
function sidesOf(row: ExampleRow, index: number): { row: ExampleRow; index: number; side: Side; text: string }[] {
  return SIDES.flatMap((side) => {
    const text = row[side];
    return text === undefined ? [] : [{ row, index, side, text }];
  });
}

function requestsOf(text: string, { stopWords }: AugmentConfig): WordRequest[] {
  const isKept = (word: string) => stopWords === 'english' && ENGLISH_STOP_WORDS.has(word);
  return findWords(text, isKept).map((word) => ({ text, word }));
}
