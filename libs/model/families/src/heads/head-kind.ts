/**
 * What a classification head makes of the first token's hidden state x before its linear map to classes, with the
 * pooler's linear map W.
 *
 * `huggingface`: tanh(W x), as BertForSequenceClassification. `reference`: relu(tanh(W x)), as TinyBERT's published
 * code, which loses every negative feature. `distilbert`: relu(W x), as DistilBertForSequenceClassification.
 * `electra`: gelu(W x), as ElectraForSequenceClassification.
 * The same weights give other logits under another kind, so a model says which one it was trained with.
 */
export const HEAD_KINDS = ['huggingface', 'reference', 'distilbert', 'electra'] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

/** The kind of a model that does not say. */
export const DEFAULT_HEAD_KIND: HeadKind = 'huggingface';
