import { RetortError } from '../diagnostics/index.ts';

/** Thrown inside a stage when the runner has asked it to stop. Not a failure. */
export class StageInterrupted extends RetortError {
  constructor() {
    super('STAGE_INTERRUPTED', 'The stage was asked to stop.');
  }
}
