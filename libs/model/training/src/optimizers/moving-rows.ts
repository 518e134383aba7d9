import type { TrainedParameter } from '@retort/engine';

/** Consecutive rows of a parameter's first axis. */
export interface RowRange {
  /** In elements, from the start of the parameter. */
  readonly start: number;
  readonly count: number;
  /** A gradient has reached them before or does so now. The others have moments of 0, and only decay. */
  readonly isMoving: boolean;
}

/**
 * Which rows of each parameter Adam moves. Most words of a table never occur in a small corpus: their moments stay 0, and so
 * nothing but their weights has to be read. Found in the moments, when a parameter is first asked about; from then on the
 * moments must change by the optimizer alone.
 */
export class MovingRows {
  /** For each row whether it moves. */
  private readonly moving = new Map<string, Uint8Array>();

  /** All of a parameter in order, with the rows of its gradient among the moving ones from now on. */
  rangesOf(parameter: TrainedParameter): RowRange[] {
    const { name, gradientRows, values } = parameter;
    if (gradientRows === undefined) {
      this.moving.delete(name);
      return [{ start: 0, count: values.length, isMoving: true }];
    }
    const moving = this.moving.get(name) ?? rowsWithMoments(parameter);
    this.moving.set(name, moving);
    for (const row of gradientRows) moving[row] = 1;
    return consecutive(moving, rowWidth(parameter));
  }
}

function rowWidth({ values, shape }: TrainedParameter): number {
  return values.length / (shape[0] as number);
}

function rowsWithMoments(parameter: TrainedParameter): Uint8Array {
  const { shape, states } = parameter;
  const width = rowWidth(parameter);
  return Uint8Array.from({ length: shape[0] as number }, (_, row) => {
    const isZero = (state: Float32Array) => state.subarray(row * width, (row + 1) * width).every((x) => x === 0);
    return states.every(isZero) ? 0 : 1;
  });
}

function consecutive(moving: Uint8Array, width: number): RowRange[] {
  const ranges: RowRange[] = [];
  for (let first = 0, row = 1; row <= moving.length; row++) {
    if (row < moving.length && moving[row] === moving[first]) continue;
    ranges.push({ start: first * width, count: (row - first) * width, isMoving: moving[first] === 1 });
    first = row;
  }
  return ranges;
}
