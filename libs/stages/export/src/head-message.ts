import { DEFAULT_HEAD_KIND, familyNamed } from '@retort/families/foreign-model';

const INSTEAD = 'Leave "huggingface" out of the formats, because only ONNX and TensorFlow.js can contain this head';

/**
 * Why no class of transformers computes a model's head; undefined when one does, or there is no head.
 *
 * @param model  kind of its head, and the name of its family where that is not BERT
 */
export function headMessage({
  headKind,
  family = 'bert',
}: {
  readonly headKind?: string | undefined;
  readonly family?: string | undefined;
}): string | undefined {
  if (headKind === undefined) return undefined;
  if (headKind === 'reference')
    return `The model's head is of the kind reference (tanh, then relu), so BertForSequenceClassification would give wrong logits without an error. ${INSTEAD}. Or train the student with "headKind": "huggingface".`;
  const own = familyNamed(family)?.headKind ?? DEFAULT_HEAD_KIND;
  // A BERT with DistilBERT's head is written as a DistilBERT.
  if (headKind === own || (family === 'bert' && headKind === 'distilbert')) return undefined;
  return `The model's head is of the kind ${headKind}, which the class of transformers for a model of type "${family}" does not have. ${INSTEAD}. Or train it with "headKind": "${own}".`;
}
