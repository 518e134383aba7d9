/** The models that a floor can be set for. */
export const FLOOR_ROLES = ['teacher', 'student', 'baseline'] as const;
