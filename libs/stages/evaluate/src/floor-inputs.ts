/** The models that a floor can be set for. */
export const FLOOR_INPUTS = ['teacher', 'student', 'baseline'] as const;
