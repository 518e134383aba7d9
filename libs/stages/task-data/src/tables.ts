// The tables themselves, for who looks at them outside of the stage. Loads Arrow, so that no definition and no command may import it.
import type { ExampleRow } from '@retort/tables';
import type { TableFiles, TaskDataConfig } from './config.generated.ts';
import type { TableFile } from './records.ts';
import { checkTables, tableExamples } from './table-examples.ts';

export { openArrow } from './arrow-file.ts';
export type { TableFiles as TableSource } from './config.generated.ts';
export type { ScannedRow, TableLayout } from './formats/format.ts';
export { scanTable } from './formats/list.ts';
export { openParquet } from './parquet-file.ts';
export type { TableFile } from './records.ts';
export { readRecords } from './records.ts';
export type { TextLayout } from './table-source.ts';

export interface ReadTable {
  readonly split: 'train' | 'validation';
  readonly examples: number;
  readonly read: () => AsyncIterable<ExampleRow>;
}

/**
 * Reads tables as the stage would under these settings, all of their rows.
 *
 * @throws InvalidInputError with everything that the stage would refuse
 */
export async function readTables(
  source: TableFiles,
  files: Readonly<Record<ReadTable['split'], TableFile>>,
): Promise<ReadTable[]> {
  const config: TaskDataConfig = { source, sample: 'random' };
  const context = { config, seed: 0, throwIfInterrupted: () => {}, warn: () => {} };
  const tables = (['train', 'validation'] as const).map((split) => ({
    port: 'examples' as const,
    split,
    file: files[split],
    source,
  }));
  const checked = await checkTables(tables, context);
  return checked.map((table) => ({
    split: table.split as ReadTable['split'],
    examples: table.examples,
    read: () => tableExamples(table, context),
  }));
}
