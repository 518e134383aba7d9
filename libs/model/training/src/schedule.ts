/** Learning rate over the steps: warm-up from 0, then constant or falling to 0 at the last step. */
export type Schedule = { readonly kind: 'constant' | 'linear' } & (
  | { /** Part of all steps, 0…1. */ readonly warmupProportion: number }
  | { /** Steps, 0 or more. */ readonly warmupSteps: number }
);

/**
 * The factor on the learning rate at a step of `totalSteps`, 0…1. Steps count from 0, so that with a warm-up the first
 * update has factor 0 and changes nothing; so it is in the reference code, too.
 *
 * @see `warmup_linear` in TinyBERT/transformer/optimization.py at 0598f02
 */
export function learningRateSchedule(schedule: Schedule): (step: number, totalSteps: number) => number {
  return (step, totalSteps) => {
    const warmup = 'warmupSteps' in schedule ? schedule.warmupSteps : schedule.warmupProportion * totalSteps;
    if (step < warmup) return step / warmup;
    if (schedule.kind === 'constant') return 1;
    return step >= totalSteps ? 0 : (totalSteps - step) / (totalSteps - warmup);
  };
}
