import { type ByInput, type InputEntry, inputEntries, inputLabel, inputPath } from '@retort/foundation/inputs';
import type { StageProblem } from './definition.ts';
import type { Facts } from './facts.ts';

/**
 * A problem for every model that is known to be too short for the tokens that it is given, or to have no segment for the
 * second text of a pair.
 *
 * @param models  inputs with models that read the tokens; those that are not connected are passed over
 * @param tokens  inputs with those tokens
 */
export function tokensFitProblems(
  inputs: ByInput<Facts>,
  models: readonly string[],
  tokens: readonly string[] = ['tokens'],
): StageProblem[] {
  const entries = inputEntries(inputs);
  const read = entries.filter(([name]) => tokens.includes(name));
  return entries
    .filter(([name]) => models.includes(name))
    .flatMap((model) => read.flatMap((source) => readingProblems(model, source)));
}

/** Whether a model is known to read no pairs. */
export function hasOneSegment({ segmentTypes }: Facts): boolean {
  return segmentTypes === 1;
}

function readingProblems(
  [name, model, at]: InputEntry<Facts>,
  [source, { maxSequenceLength, hasPairs }]: InputEntry<Facts>,
): StageProblem[] {
  const path = inputPath(name, at);
  const label = inputLabel(name, at);
  const positions = model.architecture?.maxPositions;
  const problems: StageProblem[] = [];
  if (maxSequenceLength !== undefined && positions !== undefined && maxSequenceLength > positions)
    problems.push({
      code: 'BERT_SEQUENCE_TOO_LONG',
      path,
      message: `The rows of "${source}" have up to ${maxSequenceLength} tokens, but "${label}" has only ${positions} positions. Lower "maxSequenceLength" of the tokenize stage to ${positions}, or connect a model with more positions.`,
    });
  if (hasPairs && hasOneSegment(model))
    problems.push({
      code: 'BERT_ONE_SEGMENT',
      path,
      message: `The rows of "${source}" are pairs of texts, but "${label}" has one segment type (type_vocab_size 1), so it has no embedding for the second text. Connect a model with two, or tokens of single texts.`,
    });
  return problems;
}
