import { type ArtifactMeasurement, measureNumbers } from '@retort/pipeline-comparison';
import type { Report, ReportCell } from '@retort/plugin-kit';
import { readReport } from '../read-reports.ts';

/** Figure by figure in two reports of the same tables. Notes are sentences about the figures, and are left out. */
export async function measureReports(before: string, after: string): Promise<ArtifactMeasurement> {
  const [old, current] = [figures(await readReport(before)), figures(await readReport(after))];
  const names = [...new Set([...old.keys(), ...current.keys()])];
  const parts: ArtifactMeasurement['parts'][number][] = [];
  const problems: string[] = [];
  for (const name of names) {
    const [a, b] = [old.get(name), current.get(name)];
    if (a === b) continue;
    if (typeof a === 'number' && typeof b === 'number') parts.push({ name, ...measureNumbers(a, b) });
    else problems.push(`${name} was ${a ?? 'absent'} and is ${b ?? 'absent'}`);
  }
  return { tolerance: 'metrics', parts, problems };
}

/** Every cell by table, row and column; an interval is three figures. */
function figures({ tables }: Report): Map<string, string | number> {
  return new Map(
    tables.flatMap(({ title, rows }) =>
      rows.flatMap((row, index) =>
        Object.entries(row).flatMap(([key, cell]) => cellFigures(`${title}, row ${index + 1}, ${key}`, cell)),
      ),
    ),
  );
}

function cellFigures(name: string, cell: ReportCell): [string, string | number][] {
  if (cell === null) return [];
  if (typeof cell !== 'object') return [[name, cell]];
  return Object.entries(cell).map(([part, value]) => [`${name}.${part}`, value]);
}
