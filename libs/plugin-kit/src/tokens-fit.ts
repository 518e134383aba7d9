import type { StageProblem } from './definition.ts';
import type { Facts } from './facts.ts';

/**
 * A problem for every model that is known to be too short for the tokens that it is given, or to have no segment for the
 * second text of a pair.
 *
 * @param models  roles of models that read the tokens; those that are not connected are passed over
 * @param tokens  roles of those tokens
 */
export function tokensFitProblems(
  inputs: Readonly<Record<string, Facts>>,
  models: readonly string[],
  tokens: readonly string[] = ['tokens'],
): StageProblem[] {
  return models.flatMap((role) =>
    tokens.flatMap((source) =>
      inputs[role] === undefined ? [] : readingProblems(inputs[role], inputs[source] ?? {}, { role, source }),
    ),
  );
}

/** Whether a model is known to read no pairs. */
export function hasOneSegment({ segmentTypes }: Facts): boolean {
  return segmentTypes === 1;
}

function readingProblems(
  model: Facts,
  { maxSequenceLength, hasPairs }: Facts,
  { role, source }: { role: string; source: string },
): StageProblem[] {
  const path = ['inputs', role];
  const positions = model.architecture?.maxPositions;
  const problems: StageProblem[] = [];
  if (maxSequenceLength !== undefined && positions !== undefined && maxSequenceLength > positions)
    problems.push({
      code: 'BERT_SEQUENCE_TOO_LONG',
      path,
      message: `The rows of "${source}" have up to ${maxSequenceLength} tokens, but "${role}" has only ${positions} positions. Lower maxSequenceLength of the tokenize stage to ${positions}, or connect a longer model.`,
    });
  if (hasPairs && hasOneSegment(model))
    problems.push({
      code: 'BERT_ONE_SEGMENT',
      path,
      message: `The rows of "${source}" are pairs of texts, but "${role}" has one segment type (type_vocab_size 1), so it has no embedding for the second text. Connect a model with two, or tokens of single texts.`,
    });
  return problems;
}
