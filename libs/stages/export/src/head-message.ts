/** Why a model's head cannot be written for transformers, whose class for it computes another one; undefined when it can. */
export function headMessage(formats: readonly string[], headKind: string | undefined): string | undefined {
  if (!formats.includes('huggingface') || headKind === undefined || headKind === 'huggingface') return undefined;
  return `The model's head is of the kind ${headKind}, which BertForSequenceClassification does not compute: the folder would give other logits there, and no error. Leave "huggingface" out of the formats; the others hold the head as it is.`;
}
