/** Why rows do not fit what is shipped of a model; undefined where they do. */
export function unlearnedMessage(rows: number | undefined, learned: number | undefined): string | undefined {
  if (rows === undefined || learned === undefined || rows <= learned) return undefined;
  return `The rows of "tokens" have up to ${rows} tokens, but "model" was trained on rows of up to ${learned}, and only those positions are exported. Lower "maxSequenceLength" of the tokenize stage to ${learned}, or train on longer rows.`;
}
