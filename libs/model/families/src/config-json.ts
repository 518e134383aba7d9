import { labelsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import { type BertConfig, LAYER_NORM_EPSILON } from './config.ts';
import { configProblems } from './config-problems.ts';
import { familyOf } from './families/index.ts';
import { architectureOf, type ModelFamily, memberName, positionOffset } from './family.ts';
import type { Head } from './parameters.ts';

type Json = Readonly<Record<string, unknown>>;

/** The content of a model's `config.json`, as the classes of its family read it. */
export function huggingFaceConfig(
  config: BertConfig,
  heads: readonly Head[],
  family: ModelFamily = familyOf(config),
): Json {
  const members = Object.entries(toBertConfig(config, family)).map(([name, value]) => [
    memberName(family, name),
    value,
  ]);
  return {
    ...family.fromBertConfig(Object.fromEntries(members)),
    architectures: [architectureOf(family, heads)],
    model_type: family.name,
  };
}

/** Our own members are under `retort`. */
function toBertConfig(config: BertConfig, family: ModelFamily): Record<string, unknown> {
  const { task } = config;
  return {
    architectures: [],
    model_type: '',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    ...(family.hasEmbeddingSize ? { embedding_size: config.embeddingSize ?? config.hiddenSize } : {}),
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    hidden_act: 'gelu',
    max_position_embeddings: config.maxPositions + positionOffset(family, config),
    type_vocab_size: config.segmentTypes,
    layer_norm_eps: config.layerNormEpsilon,
    pad_token_id: config.padId ?? 0,
    ...(task && huggingFaceTask(task)),
    retort: { tokenizerDigest: config.tokenizerDigest, labels: task && labelsOfTask(task), headKind: config.headKind },
  };
}

function huggingFaceTask(task: Task): Json {
  if (task.kind === 'regression') return { num_labels: 1, problem_type: 'regression' };
  return {
    id2label: Object.fromEntries(task.labels.map((name, i) => [i, name])),
    ...(task.kind === 'multi-label' && { problem_type: 'multi_label_classification' }),
    label2id: Object.fromEntries(task.labels.map((name, i) => [name, i])),
  };
}

interface OwnMembers extends Pick<BertConfig, 'tokenizerDigest' | 'headKind'> {
  readonly labels?: readonly string[];
}

/**
 * What a `config.json` of a family says of a model, or each member that keeps it from being one that `encode` computes.
 * Its task has the labels as the file names them; it is missing where the file names none.
 */
export function readConfigJson(json: unknown, family: ModelFamily): BertConfig | readonly string[] {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const bert = isObject ? family.asBertConfig(json as Json) : json;
  const problems = configProblems(bert, family);
  if (problems.length > 0) return problems;
  const config = fromBertConfig(bert as Json, family);
  return config.maxPositions > 0
    ? config
    : [
        `max_position_embeddings must be more than ${positionOffset(family, config)}, because texts do not use the first ones.`,
      ];
}

function fromBertConfig(json: Json, family: ModelFamily): BertConfig {
  const retort = (json['retort'] ?? {}) as OwnMembers;
  const labels = retort.labels ?? labelsOf(json);
  const [hiddenSize, embeddingSize, pad] = [json['hidden_size'], json['embedding_size'], json['pad_token_id']];
  const padId = Number.isSafeInteger(pad) && (pad as number) > 0 ? { padId: pad as number } : {};
  return {
    ...(family.name === 'bert' || family.isStoredAsBert ? {} : { family: family.name }),
    vocabularySize: json['vocab_size'] as number,
    hiddenSize: hiddenSize as number,
    ...(family.hasEmbeddingSize && embeddingSize !== hiddenSize ? { embeddingSize: embeddingSize as number } : {}),
    layers: json['num_hidden_layers'] as number,
    heads: json['num_attention_heads'] as number,
    intermediateSize: json['intermediate_size'] as number,
    maxPositions: (json['max_position_embeddings'] as number) - positionOffset(family, padId),
    segmentTypes: (json['type_vocab_size'] as number | undefined) ?? 2,
    layerNormEpsilon: (json['layer_norm_eps'] as number | undefined) ?? LAYER_NORM_EPSILON,
    ...padId,
    ...(labels ? { task: taskOf(json, labels) } : {}),
    ...(retort.headKind ? { headKind: retort.headKind } : {}),
    ...(retort.tokenizerDigest ? { tokenizerDigest: retort.tokenizerDigest } : {}),
  };
}

/** What answers with these labels mean by a `config.json`. */
export function taskOf(json: Json, labels: readonly string[]): Task {
  if (labels.length === 0) return REGRESSION;
  return { kind: json['problem_type'] === 'multi_label_classification' ? 'multi-label' : 'classes', labels };
}

function labelsOf(json: Json): string[] | undefined {
  if (json['problem_type'] === 'regression') return [];
  const names = json['id2label'] as Readonly<Record<string, string>> | null | undefined;
  return names ? Object.keys(names).map((_, i) => names[String(i)] as string) : undefined;
}
