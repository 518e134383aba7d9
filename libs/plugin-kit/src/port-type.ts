/** What flows along an edge of the pipeline. Each is one artifact: a folder whose files the type fixes. */
export const PORT_TYPES = {
  text: 'Sentences of documents: `text.arrow`',
  examples: 'Labelled sentences or sentence pairs: `examples.arrow`',
  tokenizer: 'A WordPiece vocabulary: `vocab.txt`, or `tokenizer.json`, or both',
  tokens: 'Token ids, ragged: `tokens.arrow`, with the vocabulary',
  labelledTokens: 'Token ids with a label each: `tokens.arrow`',
  model: 'A BERT: `config.json`, `model.safetensors`, `vocab.txt`',
  signals: "The teacher's answers on tokens: `signals.arrow`",
  predictions: 'Predictions of models, row by row: `predictions.arrow`, and files for the GLUE server',
  lexicon: "A user's text file with vectors or synonyms of words",
  exported: 'A model in the format of another tool, with its tokenizer',
  history: 'How training went, step by step: `history.arrow`, and a report of the scorings',
  times: 'When each step of a history was reached: `times.arrow`',
  report: 'A result for people and scripts: `report.json`',
} as const;

export type PortType = keyof typeof PORT_TYPES;

/** Whether an output of type `given` may be connected to an input that wants `wanted`. Labelled tokens are tokens. */
export function accepts(wanted: readonly PortType[], given: PortType): boolean {
  return wanted.includes(given) || (given === 'labelledTokens' && wanted.includes('tokens'));
}
