import { distilbert, familyOf, ignoresSegments, type LoadedModel, type ModelFamily } from '@retort/families';
import type { Tokens } from '@retort/tables';

/** Of the folder: DistilBERT's head is computed by DistilBertForSequenceClassification alone. */
export function exportedFamily({ config, heads }: LoadedModel): ModelFamily {
  const isDistilBert = config.family === undefined && config.headKind === 'distilbert' && heads.includes('classifier');
  return isDistilBert ? distilbert : familyOf(config);
}

/** Whether the folder tells a second text from a first one, as the model does. */
export function isForSingleTexts({ config, values }: LoadedModel, family: ModelFamily): boolean {
  return family.lacksSegments === true && !ignoresSegments(values, config);
}

/**
 * Why the folder would not answer like the model on the rows that it is for; undefined when it would.
 *
 * @param tokens the user's rows, where they are connected
 */
export function layoutMessage(model: LoadedModel, family: ModelFamily, tokens: Tokens | undefined): string | undefined {
  if (!family.lacksSegments) return undefined;
  const problem = family.problemOf?.(model.config);
  const instead =
    'Leave "huggingface" out of the formats, because only ONNX and TensorFlow.js can contain this model. Or train the student with "headKind": "huggingface".';
  if (problem !== undefined) {
    return `The model's head is DistilBERT's, but ${problem}. ${instead}`;
  }
  if (!isForSingleTexts(model, family) || (tokens && !hasPairs(tokens))) return undefined;
  const why = "DistilBERT has no segment embeddings, but the model's differ between a first and a second text";
  return tokens
    ? `${why}, so its answers would change for the pairs in "tokens". ${instead}`
    : `${why}, so the folder would be right for single texts only. Connect the task's "tokens" to show that it has no pairs. ${instead}`;
}

/** Tokens of a second segment in any row. */
function hasPairs({ rowCount, offsets, firstSegmentLengths }: Tokens): boolean {
  for (let row = 0; row < rowCount; row++) {
    const length = (offsets[row + 1] as number) - (offsets[row] as number);
    if ((firstSegmentLengths[row] as number) < length) return true;
  }
  return false;
}
