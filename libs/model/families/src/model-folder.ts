import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '@retort/foundation/diagnostics';
import { readWholeJson } from '@retort/texts/lines';
import { type BertConfig, CONFIG_LIMITS } from './config.ts';
import { configProblems } from './config-problems.ts';
import { asBertConfig, asDistilBertConfig, distilBertMember, withoutSegments } from './distilbert-layout.ts';
import { fromDistilBertName, toDistilBertName } from './distilbert-names.ts';
import { fromHuggingFaceConfig, huggingFaceName, toHuggingFaceConfig } from './huggingface-names.ts';
import { type Head, type ParameterSpec, parameterSpecs } from './parameters.ts';
import { type NamedArrays, readSafetensors, writeSafetensors } from './safetensors.ts';

type Tensor = NonNullable<ReturnType<NamedArrays['get']>>;

export interface LoadedModel {
  readonly config: BertConfig;
  readonly heads: readonly Head[];
  /** Parameters by our names. */
  readonly values: Map<string, { shape: readonly number[]; values: Float32Array }>;
}

/**
 * Whose folder a model is written as: names of tensors and members of `config.json`. DistilBERT has no segment embeddings;
 * those of the first segment are added to its positions, so that a second text is read as part of the first.
 */
export type Layout = 'bert' | 'distilbert';

const TOKENIZER_FILES = ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json'];

/**
 * Writes `config.json`, `model.safetensors` with HuggingFace's names, and the tokenizer's files copied from
 * `tokenizerFolder`. Values beyond the encoder and `heads` are left out.
 */
export async function saveModel({
  folder,
  config,
  heads,
  values,
  tokenizerFolder,
  layout = 'bert',
}: {
  folder: string;
  config: BertConfig;
  heads: readonly Head[];
  values: NamedArrays;
  tokenizerFolder: string;
  layout?: Layout;
}): Promise<void> {
  const json = huggingFaceConfig(config, heads);
  const isBert = layout === 'bert';
  await writeFile(
    join(folder, 'config.json'),
    `${JSON.stringify(isBert ? json : asDistilBertConfig(json, heads), undefined, 2)}\n`,
  );
  const kept = new Map(parameterSpecs(config, heads).map(({ name }) => [name, values.get(name) as Tensor]));
  const nameOf = (name: string) => (isBert ? huggingFaceName(name) : toDistilBertName(huggingFaceName(name)));
  const tensors = [...(isBert ? kept : withoutSegments(kept, config))].map(
    ([name, tensor]) => [nameOf(name), tensor] as const,
  );
  await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors));
  const present = await readdir(tokenizerFolder);
  for (const name of TOKENIZER_FILES.filter((name) => present.includes(name)))
    await copyFile(join(tokenizerFolder, name), join(folder, name));
}

/** The content of a model's `config.json`. */
export function huggingFaceConfig(config: BertConfig, heads: readonly Head[]): Readonly<Record<string, unknown>> {
  const architecture = heads.includes('classifier')
    ? 'BertForSequenceClassification'
    : heads.includes('maskedLanguageModel')
      ? 'BertForMaskedLM'
      : 'BertModel';
  return toHuggingFaceConfig(config, architecture);
}

/**
 * Reads what `saveModel` wrote, in either layout.
 *
 * @throws StageError MODEL_CONFIG or MODEL_TENSORS naming every missing or wrong setting or tensor
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const { config, layout } = await loadConfig(folder);
  const stored = await readSafetensors(join(folder, 'model.safetensors'));
  const tensors = layout === 'bert' ? stored : asBertTensors(stored, config);
  const heads = headsOf(tensors);
  const specs = parameterSpecs(config, heads);
  const problems = specs.flatMap((spec) => problemsOf(spec, tensors.get(huggingFaceName(spec.name))?.shape));
  if (problems.length > 0) throw new StageError('MODEL_TENSORS', `${folder}: ${problems.join(' ')}`);
  return {
    config,
    heads,
    values: new Map(specs.map(({ name }) => [name, tensors.get(huggingFaceName(name)) as never])),
  };
}

/** Under BERT's names, with segment embeddings of zero. */
function asBertTensors(stored: NamedArrays, { segmentTypes, hiddenSize }: BertConfig): NamedArrays {
  const segments = { shape: [segmentTypes, hiddenSize], values: new Float32Array(segmentTypes * hiddenSize) };
  const renamed = [...stored].map(([name, tensor]) => [fromDistilBertName(name), tensor] as const);
  return new Map([...renamed, [huggingFaceName('embeddings.segment'), segments]]);
}

function headsOf(tensors: NamedArrays): Head[] {
  const has = (name: string) => tensors.has(huggingFaceName(name));
  return [
    ...(has('maskedLanguageModel.bias') ? ['maskedLanguageModel' as const] : []),
    ...(has('classifier.weight') ? ['classifier' as const] : has('pooler.weight') ? ['pooler' as const] : []),
  ];
}

async function loadConfig(folder: string): Promise<{ config: BertConfig; layout: Layout }> {
  const path = join(folder, 'config.json');
  const { json, problem } = await readWholeJson(path, CONFIG_LIMITS);
  if (problem !== undefined) throw new StageError('MODEL_CONFIG', `${path}: ${problem}`);
  const isDistilBert = (json as { model_type?: unknown } | null)?.model_type === 'distilbert';
  const bert = isDistilBert ? asBertConfig(json as Readonly<Record<string, unknown>>) : json;
  const problems = configProblems(bert, isDistilBert ? distilBertMember : undefined);
  if (problems.length > 0) throw new StageError('MODEL_CONFIG', `${path}: ${problems.join(' ')}`);
  const config = fromHuggingFaceConfig(bert as Readonly<Record<string, unknown>>);
  return isDistilBert
    ? { config: { ...config, headKind: 'distilbert' }, layout: 'distilbert' }
    : { config, layout: 'bert' };
}

function problemsOf({ name, shape }: ParameterSpec, got: readonly number[] | undefined): string[] {
  const theirs = huggingFaceName(name);
  if (got === undefined) return [`Tensor ${theirs} is missing.`];
  return got.join() === shape.join()
    ? []
    : [`Tensor ${theirs} must be [${shape.join(', ')}], got [${got.join(', ')}].`];
}
