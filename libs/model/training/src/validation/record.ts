import { scoringsOf } from './course.ts';
import type { Measure } from './scorer.ts';
import type { ValidationSettings } from './settings.ts';
import type { ValidationOutcome } from './validation.ts';

/** How validation decided a model's weights: a part of its training history. */
export interface ValidationRecord {
  /** Of the validation tokens. */
  readonly digest: string;
  /** Those of them that were scored. */
  readonly rows: number;
  readonly keep: ValidationSettings['keep'];
  /** What weights are chosen by. */
  readonly measure: Pick<Measure, 'name' | 'title'>;
  /** How often the rows were scored after a step of training. */
  readonly scorings: number;
  readonly keptStep: number;
  /** Where training stopped early. */
  readonly stoppedAt?: number;
}

export function validationRecord(
  { rows, keep, measures, course, kept, stoppedAt }: ValidationOutcome,
  digest: string,
): ValidationRecord {
  const [{ name, title }] = measures;
  return {
    digest,
    rows,
    keep,
    measure: { name, title },
    scorings: scoringsOf(course).length,
    keptStep: kept.step,
    ...(stoppedAt !== undefined && { stoppedAt }),
  };
}
