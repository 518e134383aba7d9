import { StageError } from '@retort/foundation/diagnostics';
import type { Task } from '@retort/foundation/task';
import type { ExampleRow, LabelValues, TokenRows } from '@retort/tables';
import type { Tokenizer } from '@retort/tokenizer';

interface Request {
  readonly task: Task;
  readonly tokenizer: Tokenizer;
  readonly maxSequenceLength: number;
  /** The rows have no labels, and none are written. */
  readonly isUnlabelled: boolean;
}

/** A row for each example, with its label. Also counts rows that were cut. */
export async function encodeExamples(
  examples: readonly ExampleRow[],
  request: Request,
): Promise<TokenRows & { truncatedCount: number }> {
  const { tokenizer, maxSequenceLength, isUnlabelled } = request;
  const texts = examples.map(({ textA, textB }) => (textB === undefined ? textA : ([textA, textB] as const)));
  const rows = await tokenizer.encodeBatch(texts, { maxSequenceLength });
  return { ...rows, ...(!isUnlabelled && { labels: labelsOf(examples, request.task) }) };
}

function labelsOf(examples: readonly ExampleRow[], task: Task): LabelValues {
  if (task.kind === 'multi-label')
    return Int32Array.from(
      examples.flatMap((example) => {
        const held = example.labels ?? unlabelled(example);
        return task.labels.map((_, label) => (held.includes(label) ? 1 : 0));
      }),
    );
  const values = examples.map((example) => example.label ?? unlabelled(example));
  return task.kind === 'regression' ? Float32Array.from(values) : Int32Array.from(values);
}

function unlabelled({ textA }: ExampleRow): never {
  const text = JSON.stringify(textA.slice(0, 60));
  throw new StageError(
    'TOKENIZE_UNLABELLED',
    `The example ${text} has no label, but others in its split have one. Label all of them, or none.`,
  );
}
