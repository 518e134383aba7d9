/** The content of `report.json`: tables that the command line prints at the end and that scripts read. */
export interface Report {
  readonly title: string;
  readonly tables: readonly ReportTable[];
  /** Sentences below the tables: what to make of the numbers. */
  readonly notes: readonly string[];
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly Readonly<Record<string, ReportCell>>[];
}

export interface ReportColumn {
  /** Member of each row. */
  readonly key: string;
  readonly title: string;
  /** How a number is printed: `percent` takes 0…1. */
  readonly format?: 'text' | 'integer' | 'decimal' | 'percent' | 'bytes' | 'milliseconds';
}

export type ReportCell =
  | string
  | number
  | { readonly value: number; readonly low: number; readonly high: number }
  | null;
