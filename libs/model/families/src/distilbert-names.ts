/** DistilBERT's names in a layer, and BERT's. */
const IN_LAYER: Readonly<Record<string, string>> = {
  'attention.q_lin': 'attention.self.query',
  'attention.k_lin': 'attention.self.key',
  'attention.v_lin': 'attention.self.value',
  'attention.out_lin': 'attention.output.dense',
  sa_layer_norm: 'attention.output.LayerNorm',
  'ffn.lin1': 'intermediate.dense',
  'ffn.lin2': 'output.dense',
  output_layer_norm: 'output.LayerNorm',
};

const HEADS: Readonly<Record<string, string>> = {
  pre_classifier: 'bert.pooler.dense',
  vocab_transform: 'cls.predictions.transform.dense',
  vocab_layer_norm: 'cls.predictions.transform.LayerNorm',
  'vocab_projector.weight': 'cls.predictions.decoder.weight',
  'vocab_projector.bias': 'cls.predictions.bias',
};

/** BERT's name of a tensor that DistilBERT names otherwise; the name itself where nothing is known of it. */
export function fromDistilBertName(name: string): string {
  const bare = name.replace(/^distilbert\./, '');
  const [, number, part, leaf] = /^transformer\.layer\.(\d+)\.(.+)\.(weight|bias)$/.exec(bare) ?? [];
  if (part !== undefined && Object.hasOwn(IN_LAYER, part))
    return `bert.encoder.layer.${number}.${IN_LAYER[part]}.${leaf}`;
  for (const [theirs, ours] of Object.entries(HEADS)) {
    if (bare === theirs) return ours;
    if (bare.startsWith(`${theirs}.`)) return ours + bare.slice(theirs.length);
  }
  return bare.startsWith('embeddings.') ? `bert.${bare}` : name;
}

/** DistilBERT's name of a tensor of BERT's, as `huggingFaceName` gives it; the classifier has the same name in both. */
export function toDistilBertName(name: string): string {
  const [, number, part, leaf] = /^bert\.encoder\.layer\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (part !== undefined) return `distilbert.transformer.layer.${number}.${inverse(IN_LAYER, part)}.${leaf}`;
  if (name.startsWith('bert.embeddings.')) return name.replace('bert.', 'distilbert.');
  for (const [theirs, ours] of Object.entries(HEADS)) {
    if (name === ours) return theirs;
    if (name.startsWith(`${ours}.`)) return theirs + name.slice(ours.length);
  }
  return name;
}

function inverse(names: Readonly<Record<string, string>>, wanted: string): string {
  return Object.entries(names).find(([, ours]) => ours === wanted)?.[0] as string;
}
