import { createEngine, type HostTensor } from '@retort/engine';
import { parametersOf } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { StageContext } from '@retort/plugin-kit';
import { RelativeError } from '@retort/training/metrics';
import type { ExportConfig } from '../config.generated.ts';
import type { ExportFormat } from '../format.ts';
import { outputName, shippedProgram } from '../forward.ts';
import type { exportModel } from '../index.ts';
import type { Rows, Source, WrittenFormat } from '../source.ts';
import { comparedBatches } from './batches.ts';

export interface Difference {
  readonly format: ExportFormat;
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
  const compared = formats.map(({ format, run }) => ({
    format,
    run,
    count: format.comparedBatches?.(source, batches) ?? batches.length,
    error: new RelativeError(),
    rows: 0,
  }));
  let done = 0;
  for (const batch of batches) {
    context.throwIfInterrupted();
    const expected = (await pass.run(batch))[outputName(source.model)] as HostTensor;
    for (const each of compared) {
      if (done >= each.count) continue;
      const got = await each.run(batch);
      refuseOtherShape(each.format, got, expected);
      each.error.add(...realOutputs(expected, got, batch));
      each.rows += batch.tokenIds.shape[0] as number;
    }
    done++;
    context.progress({ done, total: batches.length, unit: 'batches compared' });
  }
  await pass.dispose();
  return compared.map(({ format, error, rows }) => ({ format, rows, ...judge(format, error, check) }));
}

/** What engines agree to, as a part of the size of outputs: less of a difference is rounding, however little they spread. */
const ROUNDING = 1e-5;

function judge(
  { precision }: ExportFormat,
  { ofSpread, ofSize }: RelativeError,
  { tolerance, int8Tolerance }: ExportConfig['check'],
): Pick<Difference, 'difference' | 'tolerance' | 'isTolerated'> {
  // Not "larger than": a difference that is no number is too large as well.
  if (precision === 'int8')
    return { difference: ofSpread, tolerance: int8Tolerance, isTolerated: ofSpread <= int8Tolerance };
  return { difference: ofSpread, tolerance, isTolerated: ofSpread <= tolerance || ofSize <= ROUNDING };
}

/** @throws StageError EXPORT_DIFFERS naming every format that is further from the source than tolerated */
export function refuseDifferences({ check }: ExportConfig, differences: readonly Difference[]): void {
  const far = differences.filter(({ isTolerated }) => !isTolerated);
  if (far.length === 0) return;
  const list = far.map(
    ({ format, difference, tolerance }) =>
      `${format.title} differs from the source by ${show(difference)} of the spread of the outputs, expected at most ${show(tolerance)}.`,
  );
  const names = far.map(({ format }) => JSON.stringify(format.name)).join(' and ');
  const next = far.every(({ format }) => format.precision === 'int8')
    ? `If its score is good enough, raise "check.int8Tolerance" (${check.int8Tolerance}). Otherwise leave ${names} out of the formats.`
    : 'This is a bug in the export. Please report it with the model.';
  throw new StageError('EXPORT_DIFFERS', `${list.join(' ')} ${next}`);
}

function refuseOtherShape({ title }: ExportFormat, got: HostTensor, expected: HostTensor): void {
  if (got.shape.join() === expected.shape.join()) return;
  throw new StageError(
    'EXPORT_DIFFERS',
    `${title} has an output of shape [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}].`,
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
