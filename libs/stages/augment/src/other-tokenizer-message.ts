/** @param model whose tokenizer is of another kind than BERT's */
export function otherTokenizerMessage(model: string): string {
  return `Words are filled in by a model with BERT's tokenizer, which tells whole words from parts, but the tokenizer of ${model} is of another kind. Set "source" to "vectors" or "synonyms", or connect a BERT.`;
}
