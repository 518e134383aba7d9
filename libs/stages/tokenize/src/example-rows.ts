import type { ExampleRow, TokenRows } from '@retort/columnar';
import { StageError } from '@retort/diagnostics';
import type { Tokenizer } from '@retort/tokenizer';

interface Request {
  readonly tokenizer: Tokenizer;
  readonly maxSequenceLength: number;
  /** Empty for regression. */
  readonly labels: readonly string[];
}

/** A row for each example, with its label. Also counts rows that were cut. */
export async function encodeExamples(
  examples: readonly ExampleRow[],
  { tokenizer, maxSequenceLength, labels }: Request,
): Promise<TokenRows & { truncatedCount: number }> {
  const texts = examples.map(({ textA, textB }) => (textB === undefined ? textA : ([textA, textB] as const)));
  const values = examples.map(({ label, textA }) => {
    if (label === undefined)
      throw new StageError(
        'TOKENIZE_UNLABELLED',
        `The example ${JSON.stringify(textA.slice(0, 60))} has no label, and only test examples may lack one.`,
      );
    return label;
  });
  const rows = await tokenizer.encodeBatch(texts, { maxSequenceLength });
  return { ...rows, labels: labels.length === 0 ? Float32Array.from(values) : Int32Array.from(values) };
}
