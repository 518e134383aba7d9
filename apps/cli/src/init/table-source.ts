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

export function tableSource(
  tables: readonly TableProfile[],
  found: Pick<TableSource, 'columns' | 'labels'> & { readonly skipLabels: readonly (string | null)[] },
): TableSource {
  const { format, header, delimiter, quoting } = (tables[0] as TableProfile).layout;
  const { columns, labels, skipLabels } = found;
  return {
    kind: 'files',
    format,
    ...(!header && { header }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quoting !== undefined && { quoting }),
    ...(tables.some(({ hasWiderRows }) => hasWiderRows) && { extraColumns: 'allow' }),
    columns,
    labels,
    ...(skipLabels.length > 0 && { skipLabels }),
  };
}
