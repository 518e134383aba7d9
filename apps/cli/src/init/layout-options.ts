import { UsageError } from '@retort/foundation/diagnostics';
import type { LayoutChoice } from './survey/settle-layout.ts';

export const FORMATS = ['csv', 'tsv', 'jsonl', 'parquet', 'arrow'] as const;
export const TRUE_FALSE = ['true', 'false'] as const;
type TrueFalse = (typeof TRUE_FALSE)[number];

/** What a person says of how the tables are written. */
export interface LayoutOptions {
  readonly format?: (typeof FORMATS)[number];
  readonly header?: TrueFalse;
  readonly delimiter?: string;
  readonly quoting?: TrueFalse;
  readonly maxRowBytes?: number;
}

/** What a shell passes on of a tab. */
const TABS = ['\\t', 'tab'];

/** @throws UsageError INIT_LAYOUT for a delimiter that is none, or that the format has no use for */
export function readLayoutOptions({ format, header, delimiter, quoting, maxRowBytes }: LayoutOptions): LayoutChoice {
  const character = delimiter !== undefined && TABS.includes(delimiter) ? '\t' : delimiter;
  if (character !== undefined && !/^[^"\r\n]$/u.test(character))
    throw new UsageError(
      'INIT_LAYOUT',
      `Expected --delimiter to be one character, such as ; or \\t for a tab, got ${JSON.stringify(delimiter)}.`,
    );
  if (character !== undefined && format !== undefined && format !== 'csv')
    throw new UsageError(
      'INIT_LAYOUT',
      `--delimiter is only for CSV, but --format is ${format}. Give only one of them.`,
    );
  if (maxRowBytes !== undefined && (maxRowBytes < 1024 || maxRowBytes > 2 ** 28))
    throw new UsageError('INIT_LAYOUT', `--max-row-bytes must be from 1024 to ${2 ** 28}, got ${maxRowBytes}.`);
  return {
    ...(format !== undefined && { format }),
    ...(character !== undefined && { format: 'csv' as const, delimiter: character }),
    ...(header !== undefined && { header: header === 'true' }),
    ...(quoting !== undefined && { quoting: quoting === 'true' }),
    ...(maxRowBytes !== undefined && { maxRowBytes }),
  };
}
