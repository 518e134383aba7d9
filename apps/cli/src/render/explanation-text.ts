import type { ChangedInput, StageExplanation } from '@retort/run-comparison';
import type { Colors } from './colors.ts';
import { printable } from './printable.ts';
import { textTable } from './text-table.ts';
import { valueText } from './value-text.ts';

/** Modules named in a sentence; the table has all. */
const SHOWN_MODULES = 3;

/** Why a stage would run or not: a line, causes in sentences, and a table of what differs. */
export function explanationText(explanation: StageExplanation, colors: Colors): string {
  const { id, comparedWith, status } = explanation;
  const mark = { cached: colors.dim('cached'), run: colors.green('runs'), unknown: colors.yellow('may run') };
  const head = `${colors.bold(printable(id))}  ${mark[status]}`;
  const sentence = why(explanation);
  const lines = sentence === undefined ? [head] : [`${head}: ${sentence}`];
  const rows = differenceRows(explanation, colors);
  if (rows.length === 0) return lines.join('\n');
  const run = comparedWith?.run === undefined ? '' : `, run ${printable(comparedWith.run)}`;
  const titles = [{ title: 'differs in' }, { title: 'old' }, { title: 'new' }];
  const compared = colors.dim(`compared with key ${comparedWith?.key.slice(0, 12)}${run}`);
  return [...lines, compared, textTable(titles, rows), ''].join('\n');
}

function why(explanation: StageExplanation): string | undefined {
  const { status, comparedWith, changedInputs, reason } = explanation;
  const own = ownCauses(explanation);
  const fed = changedInputs.length === 0 ? undefined : inputCause(changedInputs);
  if (status === 'cached') return cachedReason(own, fed);
  const causes = [
    ...(own.length === 0 ? [] : [`would have hit, but for ${own.join(', ')}`]),
    ...(fed === undefined ? [] : [fed]),
  ];
  if (causes.length > 0) return causes.join('; and ');
  return comparedWith === undefined ? `${explanation.uses} has never run in this store` : printable(reason);
}

function cachedReason(own: readonly string[], fed: string | undefined): string | undefined {
  if (own.length === 0 && fed === undefined) return undefined;
  const causes = [...own, ...(fed === undefined ? [] : [fed])];
  return `other work than then, ${causes.join(', ')}`;
}

/** What differs in this stage itself: `loss.attention.weight` 1 to 0. */
function ownCauses({ differences, codeChanges }: StageExplanation): string[] {
  const causes = differences.flatMap(({ path, before, after }) => {
    if (path === 'code.digest') return [codeCause(codeChanges)];
    if (path.startsWith('code.packages.'))
      return [`package ${path.slice('code.packages.'.length)} ${valueText(before)} to ${valueText(after)}`];
    if (path.startsWith('inputs.'))
      return [`the input \`${printable(path.slice('inputs.'.length))}\` ${turn(before, after)}`];
    if (path.startsWith('outputs')) return ['its outputs'];
    return [`\`${printable(path.replace(/^with\./, ''))}\` ${valueText(before)} to ${valueText(after)}`];
  });
  return [...new Set(causes)];
}

function codeCause(changes: StageExplanation['codeChanges']): string {
  if (changes === undefined) return 'its code (the earlier version is not here to be compared)';
  if (changes.length === 0) return 'its code (the same modules, joined another way)';
  const names = changes.map(({ module }) => `\`${printable(module)}\``);
  const hidden = names.length - SHOWN_MODULES;
  return `the code of ${names.slice(0, SHOWN_MODULES).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}

function turn(before: unknown, after: unknown): string {
  if (before === undefined) return 'is new';
  return after === undefined ? 'is gone' : 'has other bytes';
}

/** because its inputs `signals` and `tokens` changed, see teacher-forward */
function inputCause(inputs: readonly ChangedInput[]): string {
  const parts = (['changed', 'waits'] as const).flatMap((how) => {
    const some = inputs.filter((input) => input.how === how);
    if (some.length === 0) return [];
    const roles = some.map(({ role }) => `\`${printable(role)}\``).join(', ');
    const stages = [...new Set(some.map(({ stage }) => printable(stage)))].join(', ');
    return [
      `its ${some.length === 1 ? 'input' : 'inputs'} ${roles} ${how === 'waits' ? 'may change' : 'changed'}, see ${stages}`,
    ];
  });
  return `because ${parts.join(', and ')}`;
}

function differenceRows({ differences, codeChanges = [] }: StageExplanation, colors: Colors): string[][] {
  const row = (path: string, before: unknown, after: unknown) => [
    printable(path),
    colors.red(valueText(before)),
    colors.green(valueText(after)),
  ];
  return [
    ...differences.map(({ path, before, after }) => row(path, before, after)),
    ...codeChanges.map(({ module, before, after }) => row(`  ${module}`, before, after)),
  ];
}
