import { type BertConfig, LAYER_NORM_EPSILON } from './config.ts';

/** The only place where HuggingFace's names appear: ours -> theirs. Layouts are the same. */
const FIXED: Readonly<Record<string, string>> = {
  'embeddings.word': 'bert.embeddings.word_embeddings.weight',
  'embeddings.position': 'bert.embeddings.position_embeddings.weight',
  'embeddings.segment': 'bert.embeddings.token_type_embeddings.weight',
  'embeddings.norm': 'bert.embeddings.LayerNorm',
  pooler: 'bert.pooler.dense',
  classifier: 'classifier',
  'maskedLanguageModel.transform': 'cls.predictions.transform.dense',
  'maskedLanguageModel.norm': 'cls.predictions.transform.LayerNorm',
  'maskedLanguageModel.bias': 'cls.predictions.bias',
};

const IN_LAYER: Readonly<Record<string, string>> = {
  'attention.query': 'attention.self.query',
  'attention.key': 'attention.self.key',
  'attention.value': 'attention.self.value',
  'attention.output': 'attention.output.dense',
  'attention.norm': 'attention.output.LayerNorm',
  intermediate: 'intermediate.dense',
  output: 'output.dense',
  norm: 'output.LayerNorm',
};

export function huggingFaceName(name: string): string {
  if (name in FIXED) return FIXED[name] as string;
  const end = name.lastIndexOf('.');
  const part = name.slice(0, end);
  const leaf = name.slice(end + 1).replace('scale', 'weight');
  const layer = /^layers\.(\d+)\.(.+)$/.exec(part);
  const stem = layer ? `bert.encoder.layer.${layer[1]}.${IN_LAYER[layer[2] as string]}` : FIXED[part];
  return `${stem}.${leaf}`;
}

/** `config.json` as HuggingFace's BertConfig reads it. Our own members are under `retort`. */
export function toHuggingFaceConfig(config: BertConfig, architecture: string): Record<string, unknown> {
  const labels = config.labels ?? [];
  return {
    architectures: [architecture],
    model_type: 'bert',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    hidden_act: 'gelu',
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.segmentTypes,
    layer_norm_eps: config.layerNormEpsilon,
    pad_token_id: 0,
    ...(config.labels
      ? labels.length === 0
        ? { num_labels: 1, problem_type: 'regression' }
        : {
            id2label: Object.fromEntries(labels.map((name, i) => [i, name])),
            ...(config.multiLabel ? { problem_type: 'multi_label_classification' } : {}),
            label2id: Object.fromEntries(labels.map((name, i) => [name, i])),
          }
      : {}),
    retort: { tokenizerDigest: config.tokenizerDigest, labels: config.labels, headKind: config.headKind },
  };
}

type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** @param json without `configProblems` */
export function fromHuggingFaceConfig(json: HuggingFaceConfig): BertConfig {
  const retort = (json['retort'] ?? {}) as Pick<BertConfig, 'labels' | 'tokenizerDigest' | 'headKind'>;
  const labels = retort.labels ?? labelsOf(json);
  return {
    vocabularySize: json['vocab_size'] as number,
    hiddenSize: json['hidden_size'] as number,
    layers: json['num_hidden_layers'] as number,
    heads: json['num_attention_heads'] as number,
    intermediateSize: json['intermediate_size'] as number,
    maxPositions: json['max_position_embeddings'] as number,
    segmentTypes: (json['type_vocab_size'] as number | undefined) ?? 2,
    layerNormEpsilon: (json['layer_norm_eps'] as number | undefined) ?? LAYER_NORM_EPSILON,
    ...(labels ? { labels } : {}),
    ...(json['problem_type'] === 'multi_label_classification' ? { multiLabel: true } : {}),
    ...(retort.headKind ? { headKind: retort.headKind } : {}),
    ...(retort.tokenizerDigest ? { tokenizerDigest: retort.tokenizerDigest } : {}),
  };
}

function labelsOf(json: HuggingFaceConfig): string[] | undefined {
  if (json['problem_type'] === 'regression') return [];
  const names = json['id2label'] as Readonly<Record<string, string>> | null | undefined;
  return names ? Object.keys(names).map((_, i) => names[String(i)] as string) : undefined;
}
