import {
  type BertConfig,
  DEFAULT_HEAD_KIND,
  type Head,
  type HeadKind,
  initialValues,
  LAYER_NORM_EPSILON,
  loadModel,
  type NamedArrays,
  parameterSpecs,
} from '@retort/families';
import type { Architecture } from '@retort/families/geometry';
import { StageError } from '@retort/foundation/diagnostics';
import { isSameTask, REGRESSION } from '@retort/foundation/task';
import type { Source } from '@retort/foundation/work';
import type { TokensMetadata } from '@retort/tables';

export interface StartingModelRequest {
  /** The model that continues training. */
  readonly model?: Source | undefined;
  /** The geometry of a new one, where no model is given. */
  readonly architecture?: Architecture | undefined;
  readonly tokens: TokensMetadata;
  readonly heads: readonly Head[];
  /** Of a fresh classification head; when missing the given model's, or HuggingFace's. */
  readonly headKind?: HeadKind | undefined;
  /** Of fresh weights. */
  readonly seed: number;
}

/**
 * The weights that training starts from. A given model keeps what it has; parameters that it lacks (a new head) are
 * fresh, and heads that are not asked for are dropped. A head for other labels is fresh as well.
 *
 * @throws StageError VOCABULARY_DIFFERS when the model was made with another tokenizer; HEAD_KIND_DIFFERS when its head, which
 *   is kept, is of another kind than asked for
 */
export async function startingModel({
  model,
  architecture,
  tokens,
  heads,
  headKind,
  seed,
}: StartingModelRequest): Promise<{ config: BertConfig; values: NamedArrays }> {
  const task = heads.includes('classifier') ? (tokens.task ?? REGRESSION) : undefined;
  const loaded = model && (await loadModel(model.path));
  if (model && loaded) checkTokensFit(loaded.config, { tokens, model: model.label });
  const geometry = loaded ? withoutTask(loaded.config) : newConfig(architecture as Architecture, tokens);
  const config: BertConfig = { ...geometry, ...(task && { task }), ...(headKind ? { headKind } : {}) };
  const specs = parameterSpecs(config, heads);
  const keepsHead = isSameTask(loaded?.config.task, task);
  if (model && loaded && keepsHead && loaded.heads.includes('classifier'))
    refuseOtherHead(loaded.config, { config, model: model.label });
  const values = new Map(
    [...initialValues(specs, seed)].map(([name, fresh]) => {
      const kept = name.startsWith('classifier.') && !keepsHead ? undefined : loaded?.values.get(name);
      return [name, kept ?? fresh];
    }),
  );
  return { config, values };
}

/** The same weights under another kind of head give other logits. */
function refuseOtherHead(
  { headKind: kept = DEFAULT_HEAD_KIND }: BertConfig,
  { config: { headKind: wanted = DEFAULT_HEAD_KIND }, model }: { config: BertConfig; model: string },
): void {
  if (kept === wanted) return;
  throw new StageError(
    'HEAD_KIND_DIFFERS',
    `${model} has a trained head of the kind ${kept}, but "headKind" is "${wanted}". Set "headKind" to "${kept}", or start from a model without a head.`,
  );
}

function newConfig(architecture: Architecture, tokens: TokensMetadata): BertConfig {
  return {
    ...architecture,
    vocabularySize: tokens.vocabularySize,
    segmentTypes: 2,
    ...(tokens.padId > 0 ? { padId: tokens.padId } : {}),
    layerNormEpsilon: LAYER_NORM_EPSILON,
    tokenizerDigest: tokens.tokenizerDigest,
  };
}

function withoutTask({ task: _task, ...config }: BertConfig): BertConfig {
  return config;
}

/** @throws StageError VOCABULARY_DIFFERS: token ids of the two mean different words; SEQUENCE_TOO_LONG */
export function checkTokensFit(config: BertConfig, { tokens, model }: { tokens: TokensMetadata; model: string }): void {
  if (tokens.maxSequenceLength > config.maxPositions) {
    throw new StageError(
      'SEQUENCE_TOO_LONG',
      `The tokens have up to ${tokens.maxSequenceLength} positions, but the model ${model} has only ${config.maxPositions}. Lower "maxSequenceLength" of the tokenize stage.`,
    );
  }
  const isSame = config.tokenizerDigest === undefined || config.tokenizerDigest === tokens.tokenizerDigest;
  if (isSame && config.vocabularySize === tokens.vocabularySize) return;
  throw new StageError(
    'VOCABULARY_DIFFERS',
    `The tokens were made with a vocabulary of ${tokens.vocabularySize} tokens (sha256:${tokens.tokenizerDigest.slice(0, 12)}), ` +
      `but the model ${model} with one of ${config.vocabularySize} (sha256:${(config.tokenizerDigest ?? 'unknown').slice(0, 12)}). Use one tokenizer for both.`,
  );
}
