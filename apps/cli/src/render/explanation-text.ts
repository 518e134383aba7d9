import { firstFew, printable } from '@retort/foundation/diagnostics';
import type { ChangedInput, StageExplanation } from '@retort/pipeline-comparison';
import { plainStageId } from '@retort/pipeline-graph';
import { readSettingPath } from '@retort/pipeline-schema';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { valueText } from './value-text.ts';

/** Modules named in a sentence; the table has all. */
const SHOWN_MODULES = 3;

/** Stages named in a line; more of them are counted. */
const SHOWN_STAGES = 3;

/** Why stages would run or not. One that does in many cells for one reason is explained once. */
export function explanationsText(explanations: readonly StageExplanation[], colors: Colors): string {
  const groups = new Map<string, StageExplanation[]>();
  for (const explanation of explanations) {
    const identity = reasonIdentity(explanation);
    groups.set(identity, [...(groups.get(identity) ?? []), explanation]);
  }
  return [...groups.values()].map((group) => groupText(group, colors)).join('\n');
}

/** Equal for a stage in cells where all that is printed of it is the same, but for the cells of the stages it points to. */
function reasonIdentity(explanation: StageExplanation): string {
  const { id, status, differences, codeChanges, changedInputs } = explanation;
  const inputs = changedInputs.map(({ input, stage, how }) => [input, plainStageId(stage), how]);
  const own = [status, differences, codeChanges, inputs, inputs.length > 0 ? '' : why(explanation)];
  return JSON.stringify([plainStageId(id), ...own]);
}

/** A line, causes in sentences, and a table of what differs. */
function groupText(group: readonly StageExplanation[], colors: Colors): string {
  const [explanation] = group as [StageExplanation];
  const mark = { cached: colors.dim('cached'), run: colors.green('runs'), unknown: colors.yellow('may run') };
  const head = `${colors.bold(namesText(group))}  ${mark[explanation.status]}`;
  const sentence = why(group.length === 1 ? explanation : withPlainSources(explanation));
  const lines = sentence === undefined ? [head] : [`${head}: ${sentence}`];
  const rows = differenceRows(explanation, colors);
  if (rows.length === 0) return lines.join('\n');
  const titles = [{ title: 'differs in' }, { title: 'old' }, { title: 'new' }];
  return [...lines, colors.dim(comparedText(group)), textTable(titles, rows), ''].join('\n');
}

/** `train[seed=1], train[seed=2], train[seed=3] and 5 more` */
function namesText(group: readonly StageExplanation[]): string {
  const names = group.map(({ id }) => printable(id));
  return firstFew(names, SHOWN_STAGES);
}

function withPlainSources(explanation: StageExplanation): StageExplanation {
  const changedInputs = explanation.changedInputs.map((input) => ({ ...input, stage: plainStageId(input.stage) }));
  return { ...explanation, changedInputs };
}

function comparedText(group: readonly StageExplanation[]): string {
  const keys = new Set(group.map(({ comparedWith }) => comparedWith?.key.slice(0, 12)));
  const runs = new Set(group.flatMap(({ comparedWith }) => comparedWith?.run ?? []));
  const [key, ...otherKeys] = keys;
  const [run, ...otherRuns] = runs;
  const keyText = otherKeys.length === 0 ? `key ${key}` : `${keys.size} keys, ${key} the first`;
  const runText =
    otherRuns.length === 0 ? `run ${printable(run ?? '')}` : `${runs.size} runs, ${printable(run ?? '')} the first`;
  return `compared with ${keyText}${run === undefined ? '' : `, ${runText}`}`;
}

function why(explanation: StageExplanation): string | undefined {
  const { status, comparedWith, changedInputs, reason } = explanation;
  const own = ownCauses(explanation);
  const fed = changedInputs.length === 0 ? undefined : inputCause(changedInputs);
  if (status === 'cached') return cachedReason(own, fed);
  const causes = [
    ...(own.length === 0 ? [] : [`changed since then: ${own.join(', ')}`]),
    ...(fed === undefined ? [] : [fed]),
  ];
  if (causes.length > 0) return causes.join('; also ');
  return comparedWith === undefined ? 'it has never run in this store' : printable(reason);
}

function cachedReason(own: readonly string[], fed: string | undefined): string | undefined {
  if (own.length === 0 && fed === undefined) return undefined;
  const causes = [...own, ...(fed === undefined ? [] : [fed])];
  return `different work from then: ${causes.join(', ')}`;
}

/** What differs in this stage itself: `loss.attention.weight` 1 to 0. */
function ownCauses({ differences, codeChanges }: StageExplanation): string[] {
  const causes = differences.flatMap(({ path, before, after }) => {
    if (path === 'code.digest') return [codeCause(codeChanges)];
    if (path.startsWith('code.packages.'))
      return [`package ${readSettingPath(path).parts[2]} ${valueText(before)} to ${valueText(after)}`];
    if (path.startsWith('inputs.'))
      return [`the input \`${printable(path.slice('inputs.'.length))}\` ${turn(before, after)}`];
    if (path.startsWith('outputs')) return ['its outputs'];
    return [`\`${printable(path.replace(/^with\./, ''))}\` ${valueText(before)} to ${valueText(after)}`];
  });
  return [...new Set(causes)];
}

function codeCause(changes: StageExplanation['codeChanges']): string {
  if (changes === undefined) return 'its code (the earlier version is not available for comparison)';
  if (changes.length === 0) return 'its code (the same modules, bundled differently)';
  const names = changes.map(({ module }) => `\`${printable(module)}\``);
  return `the code of ${firstFew(names, SHOWN_MODULES)}`;
}

function turn(before: unknown, after: unknown): string {
  if (before === undefined) return 'is new';
  return after === undefined ? 'is gone' : 'has different bytes';
}

/** because its inputs `signals` and `tokens` changed, see teacher-forward */
function inputCause(inputs: readonly ChangedInput[]): string {
  const parts = (['changed', 'waits'] as const).flatMap((how) => {
    const some = inputs.filter((input) => input.how === how);
    if (some.length === 0) return [];
    const names = some.map(({ input }) => `\`${printable(input)}\``).join(', ');
    const stages = [...new Set(some.map(({ stage }) => printable(stage)))].join(', ');
    return [
      `its ${some.length === 1 ? 'input' : 'inputs'} ${names} ${how === 'waits' ? 'may change' : 'changed'}, see ${stages}`,
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
