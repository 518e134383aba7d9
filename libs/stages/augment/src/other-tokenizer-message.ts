/** @param model whose tokenizer is of another kind than BERT's */
export function otherTokenizerMessage(model: string): string {
  return `Filling in words needs BERT's tokenizer, which tells complete words from parts, but ${model} has another kind. Set "source" to "vectors" or "synonyms", or connect a BERT.`;
}
