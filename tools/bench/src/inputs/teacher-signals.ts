import { signalsNeeded } from '@retort/distillation/loss-block';
import { type Answer, Answers, attentionScores } from '@retort/distillation/signals';
import { RandomStream, streamKey } from '@retort/foundation/random';
import { createSignalsWriter, type Ragged, type SignalsMetadata } from '@retort/tables';
import { signalColumns } from '@retort/training';
import { type Geometry, layersOf, transformerLayerLoss } from '../paper-geometry.ts';

/** Those of the mapped layers. */
function answersOf(geometry: Geometry): readonly Answer[] {
  return signalsNeeded(transformerLayerLoss(), layersOf(geometry)).answers;
}

function signalsMetadata({ teacher }: Geometry): SignalsMetadata {
  return {
    teacherDigest: 'none',
    tokensDigest: 'none',
    tokenizerDigest: 'none',
    dtype: 'float16',
    teacherLayers: teacher.layers,
    hiddenSize: teacher.hiddenSize,
    heads: teacher.heads,
    maskConvention: 'valid positions only, scores before softmax and mask',
  };
}

/** Random answers of a teacher to rows of the given lengths, made before any clock runs. */
export class RandomSignals {
  readonly #geometry: Geometry;
  readonly #pool: Float32Array;

  /** @param mostValues  values of the largest column of a batch */
  constructor(geometry: Geometry, { mostValues, seed }: { mostValues: number; seed: number }) {
    const random = new RandomStream(streamKey(seed, 'teacher-signals'));
    this.#geometry = geometry;
    this.#pool = new Float32Array(mostValues).map(() => random.unit() * 2 - 1);
  }

  /** Columns of one batch; they share their values. */
  batch(lengths: readonly number[]): Record<string, Ragged<Float32Array>> {
    const { teacher } = this.#geometry;
    const hidden = this.#ragged(lengths.map((length) => length * teacher.hiddenSize));
    const attention = this.#ragged(lengths.map((length) => teacher.heads * length ** 2));
    return new Answers(
      answersOf(this.#geometry).map(
        (answer) => [answer, answer.signal === attentionScores ? attention : hidden] as const,
      ),
    ).named();
  }

  #ragged(counts: readonly number[]): Ragged<Float32Array> {
    const offsets = new Int32Array(counts.length + 1);
    for (const [i, count] of counts.entries()) offsets[i + 1] = (offsets[i] as number) + count;
    return { values: this.#pool.subarray(0, offsets.at(-1)), offsets };
  }
}

/** Values of the largest column of a batch of rows. */
export function largestColumn({ teacher }: Geometry, batchSize: number, longest: number): number {
  return batchSize * longest * Math.max(teacher.hiddenSize, teacher.heads * longest);
}

/** Writes signals for rows of these lengths, batch by batch as teacher-forward does. */
export async function writeSignals({
  path,
  geometry,
  signals,
  lengths,
  batchSize,
}: {
  path: string;
  geometry: Geometry;
  signals: RandomSignals;
  lengths: readonly number[];
  batchSize: number;
}): Promise<void> {
  const writer = await createSignalsWriter(path, {
    metadata: signalsMetadata(geometry),
    columns: signalColumns(answersOf(geometry), { ...geometry.teacher, dtype: 'float16' }),
  });
  for (let start = 0; start < lengths.length; start += batchSize) {
    const batch = lengths.slice(start, start + batchSize);
    await writer.append(
      signals.batch(batch),
      Int32Array.from(batch, (_, i) => start + i),
    );
  }
  await writer.close();
}
