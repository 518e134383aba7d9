import type { SettingProblem } from '@retort/foundation/diagnostics';

/** A number of the loss block, fixed or changing over the steps of training. */
export type ScheduledValue = number | ValueSchedule;

/** `begin`, `end` and `at` count in `unit`: parts of all steps from 0 to 1, or optimizer steps from 0. */
export type ValueSchedule =
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'linear' | 'cosine';
      readonly from: number;
      readonly to: number;
      readonly unit: 'fraction' | 'steps';
      readonly begin: number;
      /** The last step when missing. */
      readonly end?: number;
    }
  | {
      readonly kind: 'step';
      readonly from: number;
      readonly unit: 'fraction' | 'steps';
      /** Ascending in `at`. */
      readonly changes: readonly { readonly at: number; readonly to: number }[];
    };

/** An optimizer step of `totalSteps`, counted from 0. */
export interface StepOfTraining {
  readonly step: number;
  readonly totalSteps: number;
}

/** The value at a step. The first step is fraction 0, the last one fraction 1. */
export function valueAt(value: ScheduledValue, { step, totalSteps }: StepOfTraining): number {
  if (typeof value === 'number') return value;
  if (value.kind === 'constant') return value.value;
  const last = Math.max(1, totalSteps - 1);
  const at = value.unit === 'steps' ? step : step / last;
  if (value.kind === 'step') return value.changes.findLast((change) => change.at <= at)?.to ?? value.from;
  const end = value.end ?? (value.unit === 'steps' ? last : 1);
  return value.from + (value.to - value.from) * risen(value.kind, { at, begin: value.begin, end });
}

/** How far a moving value has come, 0 to 1. */
function risen(kind: 'linear' | 'cosine', { at, begin, end }: { at: number; begin: number; end: number }): number {
  if (at >= end) return 1;
  if (at <= begin) return 0;
  const share = (at - begin) / (end - begin);
  return kind === 'linear' ? share : (1 - Math.cos(Math.PI * share)) / 2;
}

/** The value at every step; undefined where it can differ between two, so that it has to be an input of the program. */
export function fixedValue(value: ScheduledValue): number | undefined {
  const [first, ...others] = valuesOf(value);
  return others.every((other) => other === first) ? first : undefined;
}

/** Where a value arrives. */
export function finalValue(value: ScheduledValue): number {
  return valuesOf(value).at(-1) as number;
}

export function isZeroThroughout(value: ScheduledValue): boolean {
  return valuesOf(value).every((number) => number === 0);
}

/** The values between which it moves, in order. */
function valuesOf(value: ScheduledValue): number[] {
  if (typeof value === 'number') return [value];
  if (value.kind === 'constant') return [value.value];
  if (value.kind === 'step') return [value.from, ...value.changes.map(({ to }) => to)];
  return [value.from, value.to];
}

/** What the schema cannot say: places in order, parts of all steps at most 1, steps whole. `path` is relative to the value: `['end']`. */
export function valueScheduleProblems(value: ScheduledValue): readonly SettingProblem[] {
  if (typeof value === 'number' || value.kind === 'constant') return [];
  const places = placesOf(value);
  const wrongUnit = places.flatMap(({ path, at }) => unitProblems(value.unit, path, at));
  if (wrongUnit.length > 0) return wrongUnit;
  return places.flatMap(({ path, at }, i) => {
    const before = places[i - 1];
    if (before === undefined || at > before.at) return [];
    const message = `${path.join('.')} is ${at}, but comes after ${before.path.join('.')} ${before.at}. List the points of a schedule in ascending order.`;
    return [{ code: 'SCHEDULE_ORDER', path, message }];
  });
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly at: number;
}

function placesOf(value: Exclude<ValueSchedule, { kind: 'constant' }>): Place[] {
  if (value.kind === 'step') return value.changes.map(({ at }, i) => ({ path: ['changes', i, 'at'], at }));
  return [{ path: ['begin'], at: value.begin }, ...(value.end === undefined ? [] : [{ path: ['end'], at: value.end }])];
}

function unitProblems(unit: 'fraction' | 'steps', path: Place['path'], at: number): SettingProblem[] {
  if (unit === 'fraction' && at > 1) {
    const message = `${path.join('.')} is a fraction of all steps, at most 1, got ${at}. To count steps, set "unit" to "steps".`;
    return [{ code: 'SCHEDULE_FRACTION', path, message }];
  }
  if (unit === 'steps' && !Number.isInteger(at)) {
    const message = `${path.join('.')} counts steps, so it must be a whole number, got ${at}.`;
    return [{ code: 'SCHEDULE_STEPS', path, message }];
  }
  return [];
}
