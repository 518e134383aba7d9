import type { SignalAxis } from '@retort/distillation/signals';

/** Sizes of one row's answer. */
export type AnswerAxes = readonly ('position' | number)[];

/** Those of a padded tensor [batch, ...axes]. */
export function axesOf(axes: readonly SignalAxis[], shape: readonly number[]): AnswerAxes {
  return axes.map((axis, i) => (axis === 'position' ? axis : (shape[i + 1] as number)));
}

/** Numbers in an answer of this many positions. */
export function sizeOf(axes: AnswerAxes, positions: number): number {
  return axes.reduce<number>((size, axis) => size * (axis === 'position' ? positions : axis), 1);
}

/** Numbers that belong together: those of one token or row, such as a hidden state. */
export function innermostSize(axes: AnswerAxes): number {
  const last = axes.at(-1);
  return typeof last === 'number' ? last : 1;
}

/**
 * Takes one row's answer from a layout for `from` positions to one for `to`: calls `copy` for each run of numbers that lie
 * together in both. Positions that the smaller of the two does not have are left out.
 */
export function eachRun(
  axes: AnswerAxes,
  { from, to }: { readonly from: number; readonly to: number },
  copy: (source: number, count: number, target: number) => void,
): void {
  const last = axes.lastIndexOf('position');
  const used = Math.min(from, to);
  const count = sizeOf(axes.slice(Math.max(0, last)), used);
  const visit = (axis: number, source: number, target: number) => {
    if (axis >= last) {
      copy(source, count, target);
      return;
    }
    const rest = axes.slice(axis + 1);
    const [sourceStep, targetStep] = [sizeOf(rest, from), sizeOf(rest, to)];
    const size = axes[axis] as AnswerAxes[number];
    for (let i = 0; i < (size === 'position' ? used : size); i++)
      visit(axis + 1, source + i * sourceStep, target + i * targetStep);
  };
  visit(0, 0, 0);
}
