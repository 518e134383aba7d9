import type { Values } from './values.ts';

/** Running means of the columns of one array, and how far its values are from them. */
interface Columns {
  rows: number;
  readonly means: Float64Array;
}

/**
 * How far values are from exact ones, added up batch by batch: the root mean square of the differences as a part of how
 * much the exact values spread. A part of their size would flatter: where all answers lie around 3, being 0.05 off is
 * little of 3, and may be all that tells one answer from another.
 */
export class RelativeError {
  readonly #columns = new Map<string, Columns>();
  #differences = 0;
  #spread = 0;
  #squares = 0;

  /**
   * @param exact [rows, width], row by row; each column spreads around its own mean
   * @param name  what these values are, where values of several kinds count together
   */
  add(exact: Values, got: Values, { width, name = '' }: { width: number; name?: string }): void {
    const columns = this.#columns.get(name) ?? { rows: 0, means: new Float64Array(width) };
    this.#columns.set(name, columns);
    for (let i = 0; i < exact.length; i++) {
      const column = i % width;
      if (column === 0) columns.rows++;
      const value = exact[i] as number;
      const before = value - (columns.means[column] as number);
      columns.means[column]! += before / columns.rows;
      // Welford: what is left of a mean of squares after the square of the mean is taken away would be rounding.
      this.#spread += before * (value - (columns.means[column] as number));
      this.#differences += (value - (got[i] as number)) ** 2;
      this.#squares += value * value;
    }
  }

  /** 0 for the same values; as a part of their size where nothing spreads, such as for a single row. */
  get ofSpread(): number {
    return this.#spread === 0 ? this.ofSize : Math.sqrt(this.#differences / this.#spread);
  }

  /** The same as a part of the root mean square of the exact values. What rounding takes is a part of that. */
  get ofSize(): number {
    return this.#differences === 0 ? 0 : Math.sqrt(this.#differences / this.#squares);
  }
}
