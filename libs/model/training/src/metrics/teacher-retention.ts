export interface RetentionInput {
  /** Scores under one metric of which higher is better. */
  readonly student: number;
  readonly teacher: number;
  /** Score of the best constant answer, such as the majority class; see `constantAnswerScore`. */
  readonly constant: number;
}

export interface Retention {
  /** student / teacher; undefined where the teacher scores 0 or less. */
  readonly ofTeacher: number | undefined;
  /**
   * (student - constant) / (teacher - constant): what is left of what the teacher has learned. 0 is a constant answer,
   * above 1 is better than the teacher; undefined where the teacher is no better than a constant answer.
   */
  readonly aboveMajority: number | undefined;
}

/** How much of its teacher a student has kept. The plain ratio flatters: on balanced classes guessing "retains" half. */
export function teacherRetention({ student, teacher, constant }: RetentionInput): Retention {
  return {
    ofTeacher: teacher > 0 ? student / teacher : undefined,
    aboveMajority: teacher > constant ? (student - constant) / (teacher - constant) : undefined,
  };
}
