import { type GlueTable, type GlueTask, glueTask } from '@retort/tables/glue';
import type { GlueFiles, TableFiles } from './config.generated.ts';

/** How a table is read: as the settings say, or as a task of GLUE is published. */
export interface TableSource
  extends Pick<TableFiles, 'format' | 'header' | 'delimiter' | 'quoting' | 'extraColumns' | 'columns' | 'labels'> {
  readonly skipLabels: readonly (string | null)[];
  readonly maxRowBytes: number;
  /** Rows may end after the columns that are read. */
  readonly isUneven?: boolean;
  /** Rows that lack columns are left out, except in a test table; texts may be empty. */
  readonly hasBadRows?: boolean;
  /** Title of a published layout, for messages; missing where the columns were named in settings. */
  readonly layout?: string;
}

/** How the rows of a text table are told apart, and their values. */
export type TextLayout = Pick<TableSource, 'format' | 'delimiter' | 'quoting' | 'maxRowBytes' | 'layout'>;

/** What divides the columns of a text table. */
export function delimiterOf({ format, delimiter }: Pick<TextLayout, 'format' | 'delimiter'>): string {
  return format === 'csv' ? (delimiter ?? ',') : '\t';
}

/** Whether double quotes around values are taken off. */
export function hasQuotes({ format, quoting }: Pick<TextLayout, 'format' | 'quoting'>): boolean {
  return quoting ?? format === 'csv';
}

export type TableLabels = TableFiles['labels'];

/** GLUE's longest rows are those of MNLI, with two parses of each sentence. */
const GLUE_ROW_BYTES = 1 << 20;

export function glueSource({ preset }: GlueFiles, table: GlueTable): TableSource {
  const { title, labels, skipLabels = [], hasBadRows } = glueTask(preset);
  return {
    format: 'tsv',
    header: table.header,
    quoting: false,
    extraColumns: table.isUneven ? 'allow' : 'refuse',
    columns: table.columns,
    labels: tableLabels(labels),
    skipLabels,
    maxRowBytes: GLUE_ROW_BYTES,
    layout: title,
    ...(table.isUneven && { isUneven: true }),
    ...(hasBadRows && { hasBadRows: true }),
  };
}

function tableLabels(labels: GlueTask['labels']): TableLabels {
  if (labels.kind === 'regression') return labels;
  return { kind: 'classes', values: [...labels.values], names: [...labels.names] } as TableLabels;
}
