import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { connected, type InputArtifact, type StageContext } from '@retort/plugin-kit';
import type { ExampleSplit } from '@retort/tables';
import { type GlueLayout, type GlueTable, glueTask } from '@retort/tables/glue';
import type { GlueFiles, TableFiles } from './config.generated.ts';
import type { taskData } from './index.ts';
import type { TableFile } from './records.ts';
import { glueSource, type TableSource } from './table-source.ts';

export type ExamplesPort = 'examples' | 'mismatched';

/** A table, and which rows of which output it becomes. */
export interface SplitTable {
  readonly port: ExamplesPort;
  readonly split: ExampleSplit;
  readonly file: TableFile;
  readonly source: TableSource;
}

/** The tables that are connected one by one. */
export function connectedTables({ inputs }: StageContext<typeof taskData>, source: TableFiles): SplitTable[] {
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const input = inputs[split];
    return input ? [{ port: 'examples', split, file: { path: input.path, label: input.label }, source }] : [];
  });
}

/**
 * The tables of a GLUE task in its folder, in the first layout whose training table is there. The test tables may be
 * missing.
 *
 * @throws InvalidInputError TASK_DATA_GLUE_FILES naming the files that are wanted and those that are there
 */
export async function glueTables({ inputs }: StageContext<typeof taskData>, source: GlueFiles): Promise<SplitTable[]> {
  const input = connected(inputs, 'data');
  const present = new Set(await readdir(input.path));
  const { layouts } = glueTask(source.preset);
  const layout = layouts.find(({ train }) => train.names.some((name) => present.has(name)));
  const found = layout && findTables(layout, { source, input, present });
  if (found === undefined) throw filesMissing(source, input, present);
  return found;
}

interface Folder {
  readonly source: GlueFiles;
  readonly input: InputArtifact;
  readonly present: ReadonlySet<string>;
}

function findTables(
  { train, validation, test, mismatched }: GlueLayout,
  { source, input, present }: Folder,
): SplitTable[] | undefined {
  const tables: SplitTable[] = [];
  const find = (port: ExamplesPort, split: ExampleSplit, table: GlueTable) => {
    const name = table.names.find((candidate) => present.has(candidate));
    if (name === undefined) return split === 'test';
    const file = { path: join(input.path, name), label: `${input.label.replace(/\/$/, '')}/${name}` };
    tables.push({ port, split, file, source: glueSource(source, table) });
    return true;
  };
  const wanted: [ExamplesPort, ExampleSplit, GlueTable][] = [
    ['examples', 'train', train],
    ['examples', 'validation', validation],
    ['examples', 'test', test],
  ];
  if (mismatched)
    wanted.push(['mismatched', 'validation', mismatched.validation], ['mismatched', 'test', mismatched.test]);
  return wanted.map((entry) => find(...entry)).every(Boolean) ? tables : undefined;
}

function filesMissing({ preset }: GlueFiles, input: InputArtifact, present: ReadonlySet<string>): InvalidInputError {
  const { title, layouts } = glueTask(preset);
  const layoutNames = layouts.map(({ train, validation, mismatched }) =>
    [train, validation, ...(mismatched ? [mismatched.validation] : [])].map(({ names }) => names[0]).join(', '),
  );
  const got = [...present].sort().slice(0, 12).join(', ') || 'nothing';
  const message = `This folder does not have the files of ${title}. Expected ${layoutNames.join(', or ')}, got ${got}.`;
  return new InvalidInputError([{ code: 'TASK_DATA_GLUE_FILES', message, location: { file: input.label } }]);
}
