import type { LabelSettings } from './label-settings.ts';
import type { TableProfile } from './survey/table-profile.ts';
import type { ChosenColumns } from './table-columns.ts';

/** The setting `source` of `task-data`, without what is its default. */
export interface TableSource {
  readonly kind: 'files';
  readonly columns: ChosenColumns;
  readonly labels: LabelSettings;
  readonly [setting: string]: unknown;
}

/** The default of `maxRowBytes` of `task-data`. */
export const DEFAULT_ROW_BYTES = 1 << 20;

export function tableSource(
  tables: readonly TableProfile[],
  found: Pick<TableSource, 'columns' | 'labels'> & { readonly skipLabels: readonly (string | null)[] },
): TableSource {
  const { format, header, delimiter, quoting, maxRowBytes } = (tables[0] as TableProfile).layout;
  const { columns, labels, skipLabels } = found;
  return {
    kind: 'files',
    format,
    ...(!header && { header }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quoting !== undefined && { quoting }),
    ...(tables.some(({ hasWiderRows }) => hasWiderRows) && { extraColumns: 'allow' }),
    ...(maxRowBytes !== DEFAULT_ROW_BYTES && { maxRowBytes }),
    columns,
    labels,
    ...(skipLabels.length > 0 && { skipLabels }),
  };
}
