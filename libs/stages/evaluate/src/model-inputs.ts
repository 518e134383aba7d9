/** Inputs with a model, in the order of the tables. */
export const MODEL_INPUTS = ['teacher', 'student', 'baseline', 'initialStudent'] as const;
export type ModelInput = (typeof MODEL_INPUTS)[number];

/** The models that a floor can be set for. */
export const FLOOR_INPUTS = ['teacher', 'student', 'baseline'] as const;
