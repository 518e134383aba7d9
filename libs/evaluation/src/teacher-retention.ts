import { type Metric, rowCount, type Values } from './values.ts';

export interface RetentionInput {
  /** Scores under one metric of which higher is better. */
  readonly student: number;
  readonly teacher: number;
  /** Score of always answering the majority class; see `majorityScore`. */
  readonly majority: number;
}

export interface Retention {
  /** student / teacher; undefined where the teacher scores 0 or less. */
  readonly ofTeacher: number | undefined;
  /**
   * (student - majority) / (teacher - majority): what is left of what the teacher has learned. 0 is the majority class,
   * above 1 is better than the teacher; undefined where the teacher is no better than the majority class.
   */
  readonly aboveMajority: number | undefined;
}

/** How much of its teacher a student has kept. The plain ratio flatters: on balanced classes guessing "retains" half. */
export function teacherRetention({ student, teacher, majority }: RetentionInput): Retention {
  return {
    ofTeacher: teacher > 0 ? student / teacher : undefined,
    aboveMajority: teacher > majority ? (student - majority) / (teacher - majority) : undefined,
  };
}

/** The class that most labels have; the smaller id of equals. */
export function majorityClass(labels: Values): number {
  const counts = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([a, many], [b, more]) => more - many || a - b);
  return first?.[0] ?? 0;
}

/** What always answering the majority class of `labels` scores. */
export function majorityScore(labels: Values, metric: Metric): number {
  const predictions = new Float64Array(rowCount({ labels, predictions: labels })).fill(majorityClass(labels));
  return metric({ labels, predictions });
}
