import { DEFAULT_HEAD_KIND, familyNamed } from '@retort/families/foreign-model';

const INSTEAD = 'Leave "huggingface" out of the formats, since ONNX and TensorFlow.js hold the head as it is';

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
    return `The model's head is of the kind reference (tanh, then relu), which no class of transformers computes: BertForSequenceClassification would give other logits, and no error. ${INSTEAD}; or train the student with "headKind": "huggingface" for a folder.`;
  const own = familyNamed(family)?.headKind ?? DEFAULT_HEAD_KIND;
  // A BERT with DistilBERT's head is written as a DistilBERT.
  if (headKind === own || (family === 'bert' && headKind === 'distilbert')) return undefined;
  return `The model's head is of the kind ${headKind}, which transformers' class for a model of type "${family}" does not compute. ${INSTEAD}; or train it with "headKind": "${own}" for a folder.`;
}
