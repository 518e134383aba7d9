/** The models that a score can be asked of. */
export const GATED_ROLES = ['teacher', 'student', 'baseline'] as const;
