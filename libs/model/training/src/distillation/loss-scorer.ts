import { activeTerms, finalValue, usesLabels } from '@retort/distillation/loss-block';
import type { ParameterSet } from '@retort/engine';
import type { Tokens } from '@retort/tables';
import { bucketWidths } from '../batches.ts';
import { type EvaluationContext, meanOutputs } from '../evaluation.ts';
import { padTokens, tokenLabels } from '../token-batch.ts';
import { lossMeasure, type Scorer } from '../validation/scorer.ts';
import { type DistillationSetup, distillationTerms, teacherInputs } from './distillation-program.ts';
import type { AnswersOf } from './teacher.ts';

/** Scores a student by its held-out losses: each term, and their sum with the weights that training ends with. */
export function lossScorer({
  context,
  setup,
  parameters,
  tokens,
  answersOf,
  batchSize,
  maxRows,
}: {
  readonly context: EvaluationContext;
  readonly setup: DistillationSetup;
  readonly parameters: ParameterSet;
  /** The validation rows. */
  readonly tokens: Tokens;
  /** What the teacher says of them; undefined for a loss of labels alone. */
  readonly answersOf: AnswersOf | undefined;
  readonly batchSize: number;
  readonly maxRows?: number | undefined;
}): Scorer {
  const terms = activeTerms(setup.block).map(({ term, weight }) => ({ name: term.name, weight: finalValue(weight) }));
  return {
    measures: [lossMeasure('loss'), ...terms.map(({ name }) => lossMeasure(name))],
    rows: Math.min(tokens.rowCount, maxRows ?? tokens.rowCount),
    score: async () => {
      const means = await meanOutputs({
        context,
        program: distillationTerms(setup),
        parameters: parameters.byName.values(),
        tokens,
        batchSize,
        maxRows,
        widths: bucketWidths(tokens.metadata.maxSequenceLength),
        inputsOf: async (batch) => ({
          ...padTokens(tokens, batch),
          ...(answersOf && teacherInputs(await answersOf(batch))),
          ...(usesLabels(setup.block) ? tokenLabels(tokens, batch.rows) : {}),
        }),
      });
      return { loss: terms.reduce((sum, { name, weight }) => sum + weight * (means[name] as number), 0), ...means };
    },
  };
}
