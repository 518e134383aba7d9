import { readTables, type TableFile, type TableSource } from '@retort/stage-task-data/tables';
import type { ExampleRow } from '@retort/tables';
import { loadTokenizer } from '@retort/tokenizer';

export interface RowsQuestion {
  /** As the pipeline file will have it, defaults filled in. */
  readonly source: TableSource;
  readonly files: Readonly<Record<'train' | 'validation', TableFile>>;
  /** Folder of the tokenizer. */
  readonly tokenizer: string;
  /** Lengths in tokens; for each, the survey counts the rows that are longer. */
  readonly lengths: readonly number[];
}

/** Rows as the stages will read them. */
export interface RowsFound {
  readonly examples: Readonly<Record<'train' | 'validation', number>>;
  readonly lengths: RowLengths;
}

/** Tokens of the training rows, special ones included, before any is cut. */
export interface RowLengths {
  /** Rows that were counted: all, or some evenly taken from many. */
  readonly rows: number;
  readonly mean: number;
  readonly meanSquare: number;
  readonly median: number;
  readonly percentile95: number;
  readonly longest: number;
  /** For each length that was asked about, the share of rows that are longer. */
  readonly longer: readonly { readonly length: number; readonly share: number }[];
}

/** Enough to tell one row in a hundred. */
const MOST_COUNTED = 20_000;
const TEXTS_AT_ONCE = 1000;
const UNCUT = 1 << 28;

/** @throws InvalidInputError for everything that `task-data` would refuse in the tables, or `tokenize` in the tokenizer */
export async function surveyRows({ source, files, tokenizer, lengths }: RowsQuestion): Promise<RowsFound> {
  const [train, validation] = await readTables(source, files);
  const counted = await countTokens(train!.read(), Math.ceil(train!.examples / MOST_COUNTED), tokenizer);
  return {
    examples: { train: train!.examples, validation: validation!.examples },
    lengths: summarize(counted.sort(), lengths),
  };
}

async function countTokens(rows: AsyncIterable<ExampleRow>, every: number, folder: string): Promise<Int32Array> {
  const tokenizer = await loadTokenizer(folder);
  const counts: number[] = [];
  let texts: (string | readonly [string, string])[] = [];
  const flush = async () => {
    const { offsets } = await tokenizer.encodeBatch(texts, { maxSequenceLength: UNCUT });
    texts.forEach((_, i) => counts.push((offsets[i + 1] as number) - (offsets[i] as number)));
    texts = [];
  };
  let at = 0;
  for await (const { textA, textB } of rows) {
    if (at++ % every !== 0) continue;
    if (texts.push(textB === undefined ? textA : [textA, textB]) === TEXTS_AT_ONCE) await flush();
  }
  await flush();
  return Int32Array.from(counts);
}

function summarize(sorted: Int32Array, lengths: readonly number[]): RowLengths {
  const rows = sorted.length;
  const mean = (power: number) => sorted.reduce((sum, count) => sum + count ** power, 0) / rows;
  const at = (share: number) => sorted[Math.ceil(share * rows) - 1] as number;
  return {
    rows,
    mean: mean(1),
    meanSquare: mean(2),
    median: at(0.5),
    percentile95: at(0.95),
    longest: at(1),
    longer: lengths.map((length) => ({
      length,
      share: sorted.reduce((sum, count) => sum + Number(count > length), 0) / rows,
    })),
  };
}
