import type { Diagnostic } from '@retort/foundation/diagnostics';
import type { Extension } from '@retort/foundation/extensions';
import type { Cells, ColumnRequest } from '../columns.ts';
import type { TableFile } from '../records.ts';
import type { TableSource, TextLayout } from '../table-source.ts';

/** How a table is written, whatever is read of it. */
export type TableLayout = TextLayout & Pick<TableSource, 'header'>;

/** All that is in a row, or what is wrong with it. */
export type ScannedRow =
  | {
      readonly line: number;
      /** Of the columns of the table, or the members of this object; one may occur twice. */
      readonly names: readonly string[];
      /** In the order of names; a row may be shorter or longer. */
      readonly values: readonly unknown[];
      readonly problem?: undefined;
    }
  | { readonly line: number; readonly problem: Diagnostic };

/** The values of one example by what they are for, or what is wrong with the row. */
export type Row =
  | { readonly line: number; readonly cells: Cells; readonly problem?: undefined }
  | { readonly line: number; readonly cells?: undefined; readonly problem: Diagnostic };

export interface RowsRequest extends ColumnRequest {
  readonly file: TableFile;
}

/** A way in which tables are written. */
export interface TaskFormat extends Extension {
  /** It is read with the settings that `source` has for every format; it has none of its own. */
  readonly schema?: never;
  /** Those settings of `source` that are for some formats only, and that this one uses. */
  readonly uses?: readonly ('header' | 'quoting' | 'delimiter' | 'extraColumns')[];
  /** Every row of a table with every column, in order. Rows of one table share one array of names where they have the same. */
  readonly scan: (file: TableFile, layout: TableLayout) => AsyncGenerator<ScannedRow>;
  /**
   * The cells of examples, where that takes less than all of a row, or more can be said of what is wrong. Made from `scan`
   * where it is missing. `line` is that of the file, or where it has none the number of the row, from 1.
   */
  readonly read?: (request: RowsRequest) => AsyncGenerator<Row>;
}
