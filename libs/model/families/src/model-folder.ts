import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '@retort/foundation/diagnostics';
import { readWholeJson } from '@retort/texts/lines';
import { type BertConfig, CONFIG_LIMITS } from './config.ts';
import { huggingFaceConfig, readConfigJson } from './config-json.ts';
import { bert, familyNamed, familyOf } from './families/index.ts';
import { type ModelFamily, parameterName } from './family.ts';
import { type Head, parameterSpecs } from './parameters.ts';
import { type NamedArrays, readSafetensors, writeSafetensors } from './safetensors.ts';
import { asStored, fromStored, type StoredSpec, storedSpecs } from './stored-parameters.ts';

type Tensor = NonNullable<ReturnType<NamedArrays['get']>>;

export interface LoadedModel {
  readonly config: BertConfig;
  readonly heads: readonly Head[];
  /** Parameters by our names. */
  readonly values: Map<string, { shape: readonly number[]; values: Float32Array }>;
}

const TOKENIZER_FILES = ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json'];

/**
 * Writes `config.json`, `model.safetensors` with HuggingFace's names, and the tokenizer's files copied from
 * `tokenizerFolder`. Values beyond the encoder and `heads` are left out.
 *
 * @param family  whose folder it becomes; the model's own when left out. One without segment embeddings gets those of the
 *   first segment added to its positions, so that a second text is read as part of the first.
 */
export async function saveModel({
  folder,
  config,
  heads,
  values,
  tokenizerFolder,
  family = familyOf(config),
}: {
  folder: string;
  config: BertConfig;
  heads: readonly Head[];
  values: NamedArrays;
  tokenizerFolder: string;
  family?: ModelFamily;
}): Promise<void> {
  const json = huggingFaceConfig(config, heads, family);
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(json, undefined, 2)}\n`);
  const kept = new Map(parameterSpecs(config, heads).map(({ name }) => [name, values.get(name) as Tensor]));
  const tensors = [...asStored(kept, config, family)].map(
    ([name, tensor]) => [parameterName(family, name, heads), tensor] as const,
  );
  await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors));
  const present = await readdir(tokenizerFolder);
  for (const name of TOKENIZER_FILES.filter((name) => present.includes(name)))
    await copyFile(join(tokenizerFolder, name), join(folder, name));
}

/**
 * Reads what `saveModel` wrote, of any family.
 *
 * @throws StageError MODEL_CONFIG or MODEL_TENSORS naming every missing or wrong setting or tensor
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const { config, family } = await loadConfig(folder);
  const stored = await readSafetensors(join(folder, 'model.safetensors'));
  const heads = headsOf(stored, family);
  const wanted = storedSpecs(config, heads, family);
  const problems = wanted.flatMap((spec) => problemsOf(spec, stored.get(spec.stored)?.shape));
  if (problems.length > 0) throw new StageError('MODEL_TENSORS', `${folder}: ${problems.join(' ')}`);
  const values = new Map(wanted.map(({ name, stored: theirs }) => [name, stored.get(theirs) as Tensor]));
  return { config, heads, values: fromStored(values, { config, heads, family }) };
}

function headsOf(tensors: NamedArrays, family: ModelFamily): Head[] {
  const has = (name: string, heads: readonly Head[] = []) => tensors.has(parameterName(family, name, heads));
  const isClassifier = has('classifier.weight', ['classifier']);
  return [
    ...(has('maskedLanguageModel.bias') ? ['maskedLanguageModel' as const] : []),
    ...(isClassifier
      ? ['classifier' as const]
      : 'pooler' in family.names && has('pooler.weight')
        ? ['pooler' as const]
        : []),
  ];
}

async function loadConfig(folder: string): Promise<{ config: BertConfig; family: ModelFamily }> {
  const path = join(folder, 'config.json');
  const { json, problem } = await readWholeJson(path, CONFIG_LIMITS);
  if (problem !== undefined) throw new StageError('MODEL_CONFIG', `${path}: ${problem}`);
  const type = (json as { model_type?: unknown } | null)?.model_type;
  const family = familyNamed(type) ?? bert;
  const read = readConfigJson(json, family);
  if (!('layers' in read)) throw new StageError('MODEL_CONFIG', `${path}: ${read.join(' ')}`);
  const { headKind = family.headKind, ...config } = read;
  return { config: { ...config, ...(headKind ? { headKind } : {}) }, family };
}

function problemsOf({ stored: theirs, shape }: StoredSpec, got: readonly number[] | undefined): string[] {
  if (got === undefined) return [`Tensor ${theirs} is missing.`];
  return got.join() === shape.join()
    ? []
    : [`Tensor ${theirs} must be [${shape.join(', ')}], got [${got.join(', ')}].`];
}
