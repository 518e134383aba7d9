/** Why a model's head cannot be written for transformers, which has no class that computes it; undefined when it can. */
export function headMessage(formats: readonly string[], headKind: string | undefined): string | undefined {
  if (!formats.includes('huggingface') || headKind !== 'reference') return undefined;
  return 'The model\'s head is of the kind reference (tanh, then relu), which no class of transformers computes: BertForSequenceClassification would give other logits, and no error. Leave "huggingface" out of the formats, since ONNX and TensorFlow.js hold the head as it is; or train the student with "headKind": "huggingface" for a folder.';
}
