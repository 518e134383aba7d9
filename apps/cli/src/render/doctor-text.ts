import { printable } from '@retort/foundation/diagnostics';
import type { Check } from '../doctor/check.ts';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { wrapped } from './wrapped.ts';

/** Longer details go on in further lines of the table. */
const WIDEST_DETAIL = 100;

/** What was found as a table, what each engine cannot do beside it in dim, and what to type for what is missing. */
export function doctorText(checks: readonly Check[], colors: Colors): string {
  const marks = { ok: colors.green('✓'), missing: colors.yellow('–'), failed: colors.red('✗') };
  const rows = checks.flatMap(({ name, status, detail, ...more }) => {
    const limits = 'limits' in more ? (more.limits as readonly string[]) : [];
    const [first = '', ...rest] = wrapped(printable(detail), WIDEST_DETAIL);
    return [
      [marks[status], name, first],
      ...rest.map((line) => ['', '', line]),
      ...limits.flatMap((limit) => wrapped(limit, WIDEST_DETAIL)).map((line) => ['', '', colors.dim(line)]),
    ];
  });
  const remedies = checks.flatMap(({ name, remedy }) =>
    remedy === undefined ? [] : [`${name}: ${printable(remedy)}`],
  );
  const table = textTable([{ title: '' }, { title: 'what' }, { title: 'found' }], rows);
  return remedies.length === 0 ? table : `${table}\n\n${colors.bold('How to fix')}\n  ${remedies.join('\n  ')}`;
}
