import {
  createEngine,
  type ForwardOptions,
  type ForwardProgram,
  type HostTensor,
  type HostTensors,
  type Parameter,
} from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import type { Work } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import type { Batch } from './batches.ts';
import { evaluationBatches } from './evaluation-batches.ts';
import { rowLengths } from './token-batch.ts';

/** What evaluation sees of a stage's context. */
export interface EvaluationContext extends Pick<Work, 'throwIfInterrupted'> {
  readonly engine: EngineName;
  readonly threads: number;
}

export interface Evaluation {
  readonly context: EvaluationContext;
  readonly program: ForwardProgram;
  readonly parameters: Iterable<Parameter>;
  readonly tokens: Tokens;
  readonly batchSize: number;
  /** The first rows alone; all when left out. */
  readonly maxRows?: number | undefined;
  /** See `evaluationBatches`. */
  readonly widths?: readonly number[];
  readonly freeAxes?: ForwardOptions['freeAxes'];
  readonly inputsOf: (batch: Batch) => HostTensors | Promise<HostTensors>;
}

export interface EvaluatedBatch {
  readonly batch: Batch;
  readonly inputs: HostTensors;
  readonly outputs: Readonly<Record<string, HostTensor>>;
}

/** What a program computes about rows of tokens, batch by batch, each row once. The weights must not change meanwhile. */
export async function* evaluated({
  context,
  program,
  parameters,
  tokens,
  batchSize,
  maxRows,
  widths,
  freeAxes,
  inputsOf,
}: Evaluation): AsyncGenerator<EvaluatedBatch> {
  const engine = await createEngine(context.engine, { threads: context.threads });
  const pass = engine.forward(program, parameters, freeAxes && { freeAxes });
  try {
    const lengths = rowLengths(tokens).subarray(0, maxRows);
    for (const batch of evaluationBatches(lengths, { batchSize, ...(widths && { widths }) })) {
      context.throwIfInterrupted();
      const inputs = await inputsOf(batch);
      yield { batch, inputs, outputs: await pass.run(inputs) };
    }
  } finally {
    await pass.dispose();
  }
}

/** Means over rows of the scalars that a program computes about batches. A batch counts as much as `weightOf` says: its rows. */
export async function meanOutputs({
  weightOf = (_, { rowCount }) => rowCount,
  ...evaluation
}: Evaluation & {
  readonly weightOf?: (inputs: HostTensors, batch: Batch) => number;
}): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  let weights = 0;
  for await (const { batch, inputs, outputs } of evaluated(evaluation)) {
    const weight = weightOf(inputs, batch);
    if (weight === 0) continue;
    weights += weight;
    for (const [name, { data }] of Object.entries(outputs))
      sums[name] = (sums[name] ?? 0) + (data[0] as number) * weight;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / weights]));
}
