import type { Measure } from './scorer.ts';
import type { ValidationSettings } from './settings.ts';

/** How training stood after some step. */
export interface CourseRow {
  /** Optimizer steps done; 0 is before training. */
  readonly step: number;
  /** Epochs done, as a fraction. */
  readonly epoch: number;
  /** Since the start, without the time that training was broken off. */
  readonly seconds: number;
  /** Means over the rows trained on since the row before: `loss` and each term. Empty at step 0. */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate?: number;
  /** Before clipping, mean of the steps since the row before. */
  readonly gradientNorm?: number;
  /** Set where the validation rows were scored; a measure without a value is missing. */
  readonly scores?: Readonly<Record<string, number>>;
}

export interface ScoredRow extends CourseRow {
  readonly scores: Readonly<Record<string, number>>;
}

/** The scorings after a step of training: those whose weights may be kept. */
export function scoringsOf(rows: readonly CourseRow[]): ScoredRow[] {
  return rows.filter((row): row is ScoredRow => row.step > 0 && row.scores !== undefined);
}

/** How much better `a` is than `b`; undefined where one has no value. */
function gain(a: ScoredRow, b: ScoredRow, { name, better }: Measure): number | undefined {
  const [to, from] = [a.scores[name], b.scores[name]];
  if (to === undefined || from === undefined) return undefined;
  return better === 'higher' ? to - from : from - to;
}

/** The best scoring, the first of equal ones; undefined where none has a value. */
export function bestScoring(rows: readonly CourseRow[], measure: Measure): ScoredRow | undefined {
  const withValue = scoringsOf(rows).filter(({ scores }) => scores[measure.name] !== undefined);
  return withValue.reduce<ScoredRow | undefined>(
    (best, row) => (best === undefined || (gain(row, best, measure) as number) > 0 ? row : best),
    undefined,
  );
}

/** Whether as many scorings as `patience` allows have not improved by more than `minDelta`. */
export function isOutOfPatience(
  rows: readonly CourseRow[],
  { patience, minDelta = 0 }: Pick<ValidationSettings, 'patience' | 'minDelta'>,
  measure: Measure,
): boolean {
  if (patience === undefined) return false;
  let mark: ScoredRow | undefined;
  let waited = 0;
  for (const row of scoringsOf(rows)) {
    const improvement = mark === undefined ? Number.POSITIVE_INFINITY : gain(row, mark, measure);
    const isImproved = row.scores[measure.name] !== undefined && (improvement ?? 0) > minDelta;
    waited = isImproved ? 0 : waited + 1;
    if (isImproved) mark = row;
  }
  return waited >= patience;
}
