import { parameterSpecs, parametersOf } from '@retort/bert';
import { StageError } from '@retort/diagnostics';
import { createEngine, type HostTensor } from '@retort/engine';
import type { StageContext } from '@retort/stage-kit';
import type { ExportConfig } from '../config.generated.ts';
import { outputName, shippedProgram } from '../forward.ts';
import { FORMAT_TITLES } from '../reports.ts';
import type { FormatName, Rows, Source, WrittenFormat } from '../source.ts';
import { comparedBatches } from './batches.ts';

/** Plain JavaScript computes some hundred times slower than ONNX Runtime: it is compared on the first batches alone. */
const TFJS_ROWS = 8;
/** Weights times tokens, at most, which take about a minute; but at least two batches, so that a size that is built in would show. */
const TFJS_PRODUCTS = 4e9;
const TFJS_BATCHES = 2;

export interface Difference {
  readonly format: FormatName;
  readonly rows: number;
  /** Largest difference of an output from the source's, as a part of the source's largest output. */
  readonly largest: number;
  readonly tolerance: number;
}

/** Runs each format, read back from its files, and the source on the same rows. */
export async function compare(
  context: StageContext<ExportConfig>,
  source: Source,
  formats: readonly WrittenFormat[],
): Promise<Difference[]> {
  const { check } = context.config;
  const batches = comparedBatches(source.tokens, {
    rows: check.rows,
    maxPositions: source.model.config.maxPositions,
    seed: context.seed,
  });
  const pass = (await createEngine(context.engine, { threads: context.threads })).forward(
    shippedProgram(source.model),
    parametersOf(source.model.values),
  );
  const compared = new Map(formats.map(({ name }) => [name, { apart: 0, rows: 0 }]));
  const inTfjs = batches.slice(0, tfjsBatches(source, batches));
  let magnitude = 0;
  let done = 0;
  for (const batch of batches) {
    context.throwIfInterrupted();
    const expected = (await pass.run(batch))[outputName(source.model)] as HostTensor;
    magnitude = Math.max(magnitude, largestOf(expected.data));
    for (const { name, run } of formats) {
      const before = compared.get(name) as { apart: number; rows: number };
      if (name === 'tfjs' && !inTfjs.includes(batch)) continue;
      const apart = Math.max(before.apart, distance(name, await run(batch), expected));
      compared.set(name, { apart, rows: before.rows + (batch.tokenIds.shape[0] as number) });
    }
    done++;
    context.progress({ done, total: batches.length, unit: 'batches compared' });
  }
  await pass.dispose();
  return [...compared].map(([format, { apart, rows }]) => ({
    format,
    rows,
    largest: apart / Math.max(magnitude, Number.MIN_VALUE),
    tolerance: format === 'onnxInt8' ? check.int8Tolerance : check.tolerance,
  }));
}

/** How many of the first batches a graph model is run on. */
function tfjsBatches({ model }: Source, batches: readonly Rows[]): number {
  const weights = parameterSpecs(model.config, model.heads)
    .filter(({ name }) => !name.startsWith('embeddings.'))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  let [count, rows, products] = [0, 0, 0];
  for (const { tokenIds } of batches) {
    products += weights * tokenIds.data.length;
    if (rows >= TFJS_ROWS || (count >= TFJS_BATCHES && products > TFJS_PRODUCTS)) break;
    rows += tokenIds.shape[0] as number;
    count++;
  }
  return count;
}

/** @throws StageError EXPORT_DIFFERS naming every format that is further from the source than tolerated */
export function refuseDifferences({ check }: ExportConfig, differences: readonly Difference[]): void {
  // Not "larger than": a difference that is no number is too large as well.
  const far = differences.filter(({ largest, tolerance }) => !(largest <= tolerance));
  if (far.length === 0) return;
  const list = far.map(
    ({ format, largest, tolerance }) =>
      `${FORMAT_TITLES[format]} differs from the source by ${show(largest)} of its largest output, expected at most ${show(tolerance)}.`,
  );
  const next = far.every(({ format }) => format === 'onnxInt8')
    ? `If its score is good enough, raise "check.int8Tolerance" (${check.int8Tolerance}), or leave "onnxInt8" out of the formats.`
    : 'This is a fault of the export: please report it with the model.';
  throw new StageError('EXPORT_DIFFERS', `${list.join(' ')} ${next}`);
}

function distance(name: FormatName, got: HostTensor, expected: HostTensor): number {
  if (got.shape.join() !== expected.shape.join())
    throw new StageError(
      'EXPORT_DIFFERS',
      `${FORMAT_TITLES[name]} gives an output [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}].`,
    );
  let most = 0;
  for (let i = 0; i < expected.data.length; i++)
    most = Math.max(most, Math.abs((expected.data[i] as number) - (got.data[i] as number)));
  return most;
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
}

const show = (value: number) => String(Number(value.toPrecision(3)));
