import { printable } from '@retort/foundation/diagnostics';
import type { GarbageItem, GarbageOptions, GarbagePlan } from '@retort/store';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatBytes, formatCount, formatDuration } from './units.ts';

/** More rows than this nobody reads; `--json` has all. */
const SHOWN_ITEMS = 50;
const SHOWN_DIGITS = 12;

interface GarbageContext {
  readonly store: string;
  readonly dryRun: boolean;
  readonly limits: GarbageOptions;
}

/** What goes, why, and what it costs to compute it again. */
export function garbageText(plan: GarbagePlan, context: GarbageContext, colors: Colors): string {
  const { items, bytes, kept } = plan;
  const head = `${printable(context.store)}  ${formatBytes(bytes)}`;
  const keeps = `Kept: ${formatCount(kept.results)} results, ${formatCount(kept.runs)} runs, ${formatCount(kept.pins)} pins`;
  const budget = budgetText(plan, context.limits, colors);
  if (items.length === 0) return [head, keeps, ...budget, 'Nothing to delete.'].join('\n');
  return [`${head}\n${keeps}`, itemsTable(items), [...budget, endText(plan, context, colors)].join('\n')].join('\n\n');
}

function itemsTable(items: readonly GarbageItem[]): string {
  const right = 'right' as const;
  const columns = [
    { title: 'what' },
    { title: 'name' },
    { title: 'pipeline' },
    { title: 'stage' },
    { title: 'made' },
    { title: 'size', align: right },
    { title: 'to recompute', align: right },
    { title: 'why' },
  ];
  const rows = items
    .slice(0, SHOWN_ITEMS)
    .map((item) => [
      item.kind,
      shortName(item),
      printable(item.pipeline ?? ''),
      printable(item.stage ?? ''),
      item.madeAt?.slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ') ?? '',
      formatBytes(item.bytes),
      item.seconds === undefined ? '' : formatDuration(item.seconds),
      printable(item.why),
    ]);
  const rest = items.length - rows.length;
  const table = textTable(columns, rows);
  return rest > 0 ? `${table}\n… and ${formatCount(rest)} more; use --json to list all` : table;
}

function shortName({ name }: GarbageItem): string {
  return printable(/^[0-9a-f]{64}$/.test(name) ? name.slice(0, SHOWN_DIGITS) : name);
}

function budgetText({ bytesAfter }: GarbagePlan, { budgetBytes }: GarbageOptions, colors: Colors): string[] {
  if (budgetBytes === undefined || bytesAfter <= budgetBytes) return [];
  const over = `${formatBytes(bytesAfter)} remain, above the budget of ${formatBytes(budgetBytes)}.`;
  return [colors.yellow(`${over} Runs, pins and unfinished work keep the rest. Lower --keep-runs, or remove pins.`)];
}

function endText({ items, bytes, bytesAfter }: GarbagePlan, { dryRun }: GarbageContext, colors: Colors): string {
  return dryRun
    ? `Would free ${formatBytes(bytes - bytesAfter)}.${costText(items)} Nothing was deleted. To delete it, add --yes.`
    : `${colors.green('Deleted')} ${totalText(items)}`;
}

/** How much goes, and what it costs to have it again. */
export function totalText(items: readonly GarbageItem[]): string {
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return `${formatCount(items.length)} ${items.length === 1 ? 'item' : 'items'}, ${formatBytes(bytes)}.${costText(items)}`;
}

function costText(items: readonly GarbageItem[]): string {
  const seconds = items.reduce((sum, item) => sum + (item.seconds ?? 0), 0);
  return seconds > 0 ? ` Recomputing takes about ${formatDuration(seconds)}.` : '';
}
