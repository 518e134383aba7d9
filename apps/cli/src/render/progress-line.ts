import { printable } from '@retort/foundation/diagnostics';
import type { StageHolder } from '@retort/pipeline-runner';
import type { Progress } from '@retort/plugin-kit';
import type { Colors } from './colors.ts';
import { formatCount, formatDecimal, formatDuration, formatRate } from './units.ts';

export interface RunningStage {
  readonly id: string;
  /** Since the stage began. */
  readonly seconds: number;
  readonly progress?: Progress;
  /** Units a second. */
  readonly rate?: number;
  /** Set while another run executes the same key. */
  readonly waitsFor?: StageHolder;
}

const BAR_WIDTH = 20;

/**
 * One line for a running stage: name, bar, percent, rate, time left, current values. `width` cuts it, so that it never
 * wraps; `nameWidth` lines several stages up.
 */
export function progressLine(
  stage: RunningStage,
  { colors, width, nameWidth }: { colors: Colors; width: number; nameWidth: number },
): string {
  const { progress, rate } = stage;
  const name = printable(stage.id).padEnd(nameWidth);
  const { text, filled } = progress ? measure(progress, rate) : { text: idleText(stage), filled: undefined };
  const bar = filled === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}  `;
  const plain = cut(`${name}  ${bar}${text}`, width);
  const head = `${name}  ${bar}`;
  // Marked up after it was cut: marks have no width.
  return plain.startsWith(head) ? `${colors.cyan(name)}  ${colors.green(bar)}${plain.slice(head.length)}` : plain;
}

/** The same without a bar, for logs: `student-train  63 %  189/300 steps  12.1 steps/s  9.2 s left  loss 0.52`. */
export function progressText(stage: RunningStage): string {
  const text = stage.progress
    ? measure(stage.progress, stage.rate).text
    : stage.waitsFor
      ? waitingText(stage.waitsFor)
      : `running for ${formatDuration(stage.seconds)}`;
  return `  ${printable(stage.id)}  ${text}`;
}

function idleText({ waitsFor, seconds }: RunningStage): string {
  return waitsFor ? waitingText(waitsFor) : formatDuration(seconds);
}

/** Whose result is waited for. */
export function waitingText({ run, host, pid, since }: StageHolder): string {
  return `waiting for run ${printable(run)} on ${printable(host)}, process ${pid}, since ${printable(since)}`;
}

function measure(
  { done, total, unit, values = {}, expected = {} }: Progress,
  rate: number | undefined,
): { text: string; filled: number | undefined } {
  const known = total !== undefined && total > 0;
  const share = known ? Math.min(1, done / total) : undefined;
  const left = known && rate !== undefined && rate > 0 ? Math.max(0, total - done) / rate : undefined;
  const parts = [
    share === undefined ? undefined : `${String(Math.floor(100 * share)).padStart(3)} %`,
    `${formatCount(done)}${known ? `/${formatCount(total)}` : ''} ${printable(unit)}`,
    rate === undefined || rate <= 0 ? undefined : formatRate(rate, printable(unit)),
    left === undefined || left === 0 ? undefined : `${formatDuration(left)} left`,
    ...Object.entries(values).map(
      ([name, value]) => `${printable(name)} ${formatDecimal(value)}${rangeText(expected[name])}`,
    ),
  ];
  return {
    text: parts.filter((part) => part !== undefined).join('  '),
    filled: share === undefined ? undefined : Math.round(BAR_WIDTH * share),
  };
}

/** What is expected by now, beside what is. */
function rangeText(range: readonly [number, number] | undefined): string {
  return range === undefined ? '' : ` (expected ${formatDecimal(range[0])} to ${formatDecimal(range[1])})`;
}

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
