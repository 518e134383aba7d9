import type { TableLayout } from '@retort/stage-task-data/tables';

/** What one column of a table holds, over all rows. */
export interface ColumnProfile {
  readonly name: string;
  /** Texts and numbers, lists of them, or what no setting of `task-data` reads. */
  readonly holds: 'values' | 'lists' | 'others';
  /** Value, trimmed, and its rows, of lists those of their items; missing once there are too many to be classes. */
  readonly values?: readonly (readonly [value: string, rows: number])[];
  /** The first few values that are no decimal numbers. */
  readonly words: readonly string[];
  /** Of the numbers among them, the lowest and the highest. */
  readonly range?: readonly [number, number];
  /** Some values are text, as a text has to be. */
  readonly hasText: boolean;
  readonly meanCharacters: number;
  /** First row without a value; missing when every row has one. */
  readonly firstEmptyLine?: number;
  /** The first few values, as messages show them. */
  readonly examples: readonly string[];
  readonly lists?: {
    /** Of every list; missing when they differ. */
    readonly length?: number;
    /** Every item is 0 or 1, or true or false. */
    readonly areFlags: boolean;
    /** The first list with a fraction, as messages show it. */
    readonly fractions?: string;
    /** Equal for two columns whose lists are as long as each other, row by row. */
    readonly lengths: string;
  };
}

export interface TableProfile {
  readonly path: string;
  /** How messages call the file. */
  readonly label: string;
  readonly layout: TableLayout;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  /** Some rows have more columns than the first one. */
  readonly hasWiderRows: boolean;
}

/** More different values than this are no classes. */
export const MOST_CLASSES = 200;
