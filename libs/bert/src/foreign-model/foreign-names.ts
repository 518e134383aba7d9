import type { ForeignKind } from './foreign-config.ts';

/** The name under which `huggingFaceName` looks for a tensor; its own name where nothing is known of it. */
export type CanonicalNames = (name: string) => string;

/** DistilBERT's names in a layer, and BERT's. */
const DISTILBERT_LAYER: Readonly<Record<string, string>> = {
  'attention.q_lin': 'attention.self.query',
  'attention.k_lin': 'attention.self.key',
  'attention.v_lin': 'attention.self.value',
  'attention.out_lin': 'attention.output.dense',
  sa_layer_norm: 'attention.output.LayerNorm',
  'ffn.lin1': 'intermediate.dense',
  'ffn.lin2': 'output.dense',
  output_layer_norm: 'output.LayerNorm',
};

const DISTILBERT_HEADS: Readonly<Record<string, string>> = {
  pre_classifier: 'bert.pooler.dense',
  vocab_transform: 'cls.predictions.transform.dense',
  vocab_layer_norm: 'cls.predictions.transform.LayerNorm',
  'vocab_projector.weight': 'cls.predictions.decoder.weight',
  'vocab_projector.bias': 'cls.predictions.bias',
};

/** How the names of one model become those of today's BERT: with prefix, and weight and bias for gamma and beta. */
export function canonicalNames(kind: ForeignKind, names: readonly string[]): CanonicalNames {
  if (kind === 'distilbert') return distilbertName;
  const hasPrefix = names.some((name) => name.startsWith('bert.'));
  return (name) => {
    const today = name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
    return !hasPrefix && /^(embeddings|encoder|pooler)\./.test(today) ? `bert.${today}` : today;
  };
}

function distilbertName(name: string): string {
  const bare = name.replace(/^distilbert\./, '');
  const [, number, part, leaf] = /^transformer\.layer\.(\d+)\.(.+)\.(weight|bias)$/.exec(bare) ?? [];
  if (part !== undefined && Object.hasOwn(DISTILBERT_LAYER, part))
    return `bert.encoder.layer.${number}.${DISTILBERT_LAYER[part]}.${leaf}`;
  for (const [theirs, ours] of Object.entries(DISTILBERT_HEADS)) {
    if (bare === theirs) return ours;
    if (bare.startsWith(`${theirs}.`)) return ours + bare.slice(theirs.length);
  }
  return bare.startsWith('embeddings.') ? `bert.${bare}` : name;
}

/**
 * Known, and no part of what is imported: numbers of positions that old versions stored, and the head that told whether
 * one sentence follows another.
 */
export function isKnownExtra(canonical: string): boolean {
  return /(^|\.)position_ids$/.test(canonical) || canonical.startsWith('cls.seq_relationship.');
}

/** Another kind's own names, where `config.json` says that it is this kind. */
export function foreignPrefix(kind: ForeignKind, names: readonly string[]): string | undefined {
  const own = kind === 'bert' ? 'bert.' : 'distilbert.';
  return ['roberta.', 'distilbert.', 'bert.', 'albert.', 'electra.', 'deberta.'].find(
    (prefix) => prefix !== own && names.some((name) => name.startsWith(prefix)),
  );
}
