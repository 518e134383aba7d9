import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { signalsNeeded } from '@retort/distillation/loss-block';
import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Measurement } from '@retort/lab';
import { openSignals } from '@retort/tables';
import { bucketedBatches, readAnswers, trainingWidths } from '@retort/training';
import type { BenchContext } from '../bench.ts';
import { largestColumn, RandomSignals, writeSignals } from '../inputs/teacher-signals.ts';
import { type Geometry, geometryFor, layersOf, nameOf, transformerLayerLoss } from '../paper-geometry.ts';
import { rateOf, repeat, spreadOf } from '../repeat.ts';

const BATCH_ROWS = 32;

/** Teacher signals of mapped layers to disk, and back in the batches that training asks for. */
export async function teacherSignals(context: BenchContext): Promise<Measurement[]> {
  const rows = context.quick ? { 16: 96, 64: 64 } : { 16: 4096, 64: 1024 };
  return [...(await store(context, 16, rows[16])), ...(await store(context, 64, rows[64]))];
}

async function store(context: BenchContext, meanLength: number, rows: number): Promise<Measurement[]> {
  const geometry = geometryFor(context);
  const repetitions = context.quick ? 2 : 3;
  const lengths = lengthsAround(meanLength, rows);
  const longest = Math.max(...lengths);
  const signals = new RandomSignals(geometry, { mostValues: largestColumn(geometry, BATCH_ROWS, longest), seed: 1 });
  const written: string[] = [];
  const writing = await repeat({ repetitions }, async (i) => {
    const path = join(context.scratchFolder, `signals-${meanLength}-${i}.arrow`);
    await writeSignals({ path, geometry, signals, lengths, batchSize: BATCH_ROWS });
    written.push(path);
  });
  const path = written.pop() as string;
  for (const earlier of written) await rm(earlier);
  const { size } = await stat(path);
  const reading = await repeat({ repetitions }, (epoch) =>
    readEpoch({ path, geometry, lengths: Int32Array.from(lengths), epoch }),
  );
  await rm(path);
  const of = `${nameOf(geometry.teacher)} for ${nameOf(geometry.student)}, mean of ${meanLength} tokens`;
  const notes = `${rows} rows of ${Math.min(...lengths)} to ${longest} tokens, through the page cache`;
  return [
    { name: `written, ${of}`, unit: 'rows/s', ...rateOf(rows, writing), notes },
    {
      name: `read in random order, ${of}`,
      unit: 'rows/s',
      ...rateOf(rows, reading),
      notes: `${notes}; in padded batches of ${BATCH_ROWS}`,
    },
    {
      name: `stored, ${of}`,
      unit: 'bytes/row',
      ...spreadOf([size / rows]),
      notes: 'float16, mapped layers',
    },
  ];
}

/** Uniform from half the mean to one and a half of it. */
function lengthsAround(mean: number, rows: number): number[] {
  const random = new RandomStream(streamKey(1, 'lengths', mean));
  return Array.from({ length: rows }, () => mean / 2 + random.below(mean + 1));
}

/** Every row once, in one of the orders in which training asks for them. */
async function readEpoch({
  path,
  geometry,
  lengths,
  epoch,
}: {
  path: string;
  geometry: Geometry;
  lengths: Int32Array;
  epoch: number;
}): Promise<void> {
  const signals = await openSignals(path);
  const { answers } = signalsNeeded(transformerLayerLoss(), layersOf(geometry));
  const widths = trainingWidths(Math.max(...lengths));
  for (const batch of bucketedBatches({ lengths, widths, batchSize: BATCH_ROWS, seed: 1, epoch }))
    readAnswers(signals, { answers, batch, lengths });
  await signals.close();
}
