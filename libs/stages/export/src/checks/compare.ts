import { createEngine, type HostTensor } from '@retort/engine';
import { parameterSpecs, parametersOf } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { StageContext } from '@retort/plugin-kit';
import { RelativeError } from '@retort/training/metrics';
import type { ExportConfig } from '../config.generated.ts';
import { outputName, shippedProgram } from '../forward.ts';
import type { exportModel } from '../index.ts';
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
  /** Root mean square of what outputs differ from the source's by, as a part of how much those spread. */
  readonly difference: number;
  readonly tolerance: number;
  readonly isTolerated: boolean;
}

/** Runs each format, read back from its files, and the source on the same rows. */
export async function compare(
  context: StageContext<typeof exportModel>,
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
  const compared = new Map(formats.map(({ name }) => [name, { error: new RelativeError(), rows: 0 }]));
  const inTfjs = batches.slice(0, tfjsBatches(source, batches));
  let done = 0;
  for (const batch of batches) {
    context.throwIfInterrupted();
    const expected = (await pass.run(batch))[outputName(source.model)] as HostTensor;
    for (const { name, run } of formats) {
      if (name === 'tfjs' && !inTfjs.includes(batch)) continue;
      const format = compared.get(name) as { error: RelativeError; rows: number };
      const got = await run(batch);
      refuseOtherShape(name, got, expected);
      format.error.add(...realOutputs(expected, got, batch));
      format.rows += batch.tokenIds.shape[0] as number;
    }
    done++;
    context.progress({ done, total: batches.length, unit: 'batches compared' });
  }
  await pass.dispose();
  return [...compared].map(([format, { error, rows }]) => ({ format, rows, ...judge(format, error, check) }));
}

/** What engines agree to, as a part of the size of outputs: less of a difference is rounding, however little they spread. */
const ROUNDING = 1e-5;

function judge(
  format: FormatName,
  { ofSpread, ofSize }: RelativeError,
  { tolerance, int8Tolerance }: ExportConfig['check'],
): Pick<Difference, 'difference' | 'tolerance' | 'isTolerated'> {
  // Not "larger than": a difference that is no number is too large as well.
  if (format === 'onnxInt8')
    return { difference: ofSpread, tolerance: int8Tolerance, isTolerated: ofSpread <= int8Tolerance };
  return { difference: ofSpread, tolerance, isTolerated: ofSpread <= tolerance || ofSize <= ROUNDING };
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
  const far = differences.filter(({ isTolerated }) => !isTolerated);
  if (far.length === 0) return;
  const list = far.map(
    ({ format, difference, tolerance }) =>
      `${FORMAT_TITLES[format]} differs from the source by ${show(difference)} of the spread of its outputs, expected at most ${show(tolerance)}.`,
  );
  const next = far.every(({ format }) => format === 'onnxInt8')
    ? `If its score is good enough, raise "check.int8Tolerance" (${check.int8Tolerance}), or leave "onnxInt8" out of the formats.`
    : 'This is a fault of the export: please report it with the model.';
  throw new StageError('EXPORT_DIFFERS', `${list.join(' ')} ${next}`);
}

function refuseOtherShape(name: FormatName, got: HostTensor, expected: HostTensor): void {
  if (got.shape.join() === expected.shape.join()) return;
  throw new StageError(
    'EXPORT_DIFFERS',
    `${FORMAT_TITLES[name]} gives an output [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}].`,
  );
}

/** Outputs [rows, width] as they are; of hidden states [batch, width, hidden] those of real tokens. */
function realOutputs(expected: HostTensor, got: HostTensor, { keyMask }: Rows): Parameters<RelativeError['add']> {
  const width = expected.shape.at(-1) as number;
  const isReal = (i: number) => keyMask.data[Math.floor(i / width)] === 1;
  const real = ({ data }: HostTensor) => (expected.shape.length === 2 ? data : data.filter((_, i) => isReal(i)));
  return [real(expected), real(got), { width }];
}

const show = (value: number) => String(Number(value.toPrecision(3)));
