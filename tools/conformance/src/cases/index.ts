import type { ConformanceCase } from '../conformance-case.ts';
import { BERT_CASES } from './bert.ts';
import { DISTILLATION_CASES } from './distillation.ts';
import { DROPOUT_CASES } from './dropout.ts';
import { OPERATION_CASES } from './operations.ts';
import { SIGNAL_CASES } from './signals.ts';

/** The one table that every engine must pass. */
export const CASES: readonly ConformanceCase[] = [
  ...OPERATION_CASES,
  ...BERT_CASES,
  ...DISTILLATION_CASES,
  ...DROPOUT_CASES,
  ...SIGNAL_CASES,
];
