import { type BertConfig, LAYER_NORM_EPSILON } from './config.ts';
import type { Head } from './parameters.ts';
import type { NamedArrays } from './safetensors.ts';

type Json = Readonly<Record<string, unknown>>;

/** A DistilBERT's `config.json` with BERT's names for the same sizes. It has no segment embeddings: a table of zeros computes the same. */
export function asBertConfig(json: Json): Json {
  return {
    ...json,
    model_type: 'bert',
    hidden_size: json['dim'],
    num_hidden_layers: json['n_layers'],
    num_attention_heads: json['n_heads'],
    intermediate_size: json['hidden_dim'],
    hidden_act: json['activation'],
    type_vocab_size: 2,
    layer_norm_eps: LAYER_NORM_EPSILON,
  };
}

const RENAMED: Readonly<Record<string, string>> = {
  hidden_size: 'dim',
  num_hidden_layers: 'n_layers',
  num_attention_heads: 'n_heads',
  intermediate_size: 'hidden_dim',
  hidden_act: 'activation',
};
/** How a DistilBERT's `config.json` calls a member of BERT's. */
export function distilBertMember(member: string): string {
  return RENAMED[member] ?? member;
}

const ABSENT = ['type_vocab_size', 'layer_norm_eps'];

/** A BERT's `config.json` with DistilBERT's names; other members stay. */
export function asDistilBertConfig(json: Json, heads: readonly Head[]): Json {
  const members = Object.entries(json)
    .filter(([name]) => !ABSENT.includes(name))
    .map(([name, value]) => [distilBertMember(name), value]);
  return {
    ...Object.fromEntries(members),
    architectures: [architectureOf(heads)],
    model_type: 'distilbert',
    sinusoidal_pos_embds: false,
  };
}

function architectureOf(heads: readonly Head[]): string {
  if (heads.includes('classifier')) return 'DistilBertForSequenceClassification';
  return heads.includes('maskedLanguageModel') ? 'DistilBertForMaskedLM' : 'DistilBertModel';
}

/** Why DistilBERT's layout cannot hold a model at all; undefined when it can. */
export function distilBertProblem({ layerNormEpsilon }: BertConfig): string | undefined {
  if (layerNormEpsilon === LAYER_NORM_EPSILON) return undefined;
  return `its layer norms add ${layerNormEpsilon}, and DistilBERT's always ${LAYER_NORM_EPSILON}`;
}

/** Whether a model gives every text the same, whichever segment it is in: then nothing is lost with the segment embeddings. */
export function ignoresSegments(values: NamedArrays, { hiddenSize, segmentTypes }: BertConfig): boolean {
  const table = valuesOf(values, 'embeddings.segment');
  const first = table.subarray(0, hiddenSize);
  return Array.from({ length: segmentTypes }, (_, i) => table.subarray(i * hiddenSize, (i + 1) * hiddenSize)).every(
    (row) => row.every((value, unit) => value === first[unit]),
  );
}

/** Parameters of the same model without segment embeddings: the first segment's are added to every position's. */
export function withoutSegments(values: NamedArrays, { hiddenSize }: BertConfig): NamedArrays {
  const segment = valuesOf(values, 'embeddings.segment');
  const positions = valuesOf(values, 'embeddings.position').map(
    (value, i) => value + (segment[i % hiddenSize] as number),
  );
  const { shape } = values.get('embeddings.position') as { shape: readonly number[] };
  const kept = [...values].filter(([name]) => name !== 'embeddings.segment');
  return new Map([...kept, ['embeddings.position', { shape, values: positions }]]);
}

function valuesOf(values: NamedArrays, name: string): Float32Array {
  return (values.get(name) as { values: Float32Array }).values;
}
