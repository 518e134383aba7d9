import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listTree } from '@retort/foundation/digest';
import type { Report, ReportTable, StageContext } from '@retort/plugin-kit';
import type { Difference } from './checks/compare.ts';
import type { Scores } from './checks/scores.ts';
import type { ExportFormat } from './format.ts';
import type { exportModel } from './index.ts';
import type { WrittenFormat } from './source.ts';

export async function writeReports(
  context: StageContext<typeof exportModel>,
  results: {
    formats: readonly WrittenFormat[];
    differences: readonly Difference[];
    scores: Scores | undefined;
    speed: ReportTable | undefined;
  },
): Promise<void> {
  const sizes = new Map(
    await Promise.all(results.formats.map(async ({ format, folder }) => [format, await bytesOf(folder)] as const)),
  );
  await write(context, 'report', {
    title: 'Export',
    tables: [comparison(results.differences, sizes), ...(results.scores ? [results.scores.table] : [])],
    notes: [
      "The difference is the root mean square of what outputs are off the source's, as a part of how much those differ from row to row (their standard deviation). Of a float32 format, what is no more than rounding is tolerated as well.",
      ...results.formats.flatMap(({ format }) => format.note ?? []),
    ],
  });
  await write(context, 'speed', {
    title: 'Speed of the exports',
    tables: results.speed ? [results.speed] : [],
    notes: [],
  });
}

function comparison(differences: readonly Difference[], sizes: ReadonlyMap<ExportFormat, number>): ReportTable {
  return {
    title: 'Formats against the source',
    columns: [
      { key: 'format', title: 'format' },
      { key: 'bytes', title: 'size', format: 'bytes' },
      { key: 'rows', title: 'rows', format: 'integer' },
      { key: 'difference', title: 'difference', format: 'decimal' },
      { key: 'tolerance', title: 'tolerated', format: 'decimal' },
    ],
    rows: differences.map(({ format, rows, difference, tolerance }) => ({
      format: format.title,
      bytes: sizes.get(format) ?? null,
      rows,
      difference,
      tolerance,
    })),
  };
}

async function bytesOf(folder: string): Promise<number> {
  const names = await listTree(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function write({ outputs }: StageContext<typeof exportModel>, port: 'report' | 'speed', report: Report): Promise<void> {
  return writeFile(join(outputs[port].path, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
}
