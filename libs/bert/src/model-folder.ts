import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '@retort/diagnostics';
import type { BertConfig } from './config.ts';
import {
  fromHuggingFaceConfig,
  huggingFaceConfigProblems,
  huggingFaceName,
  toHuggingFaceConfig,
} from './huggingface-names.ts';
import { type Head, type ParameterSpec, parameterSpecs } from './parameters.ts';
import { type NamedArrays, readSafetensors, writeSafetensors } from './safetensors.ts';

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
 */
export async function saveModel({
  folder,
  config,
  heads,
  values,
  tokenizerFolder,
}: {
  folder: string;
  config: BertConfig;
  heads: readonly Head[];
  values: NamedArrays;
  tokenizerFolder: string;
}): Promise<void> {
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(huggingFaceConfig(config, heads), undefined, 2)}\n`);
  const tensors = new Map(
    parameterSpecs(config, heads).map(({ name }) => [
      huggingFaceName(name),
      values.get(name) as NonNullable<ReturnType<NamedArrays['get']>>,
    ]),
  );
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
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

/** @throws StageError MODEL_CONFIG or MODEL_TENSORS naming every missing or wrong setting or tensor */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const config = await loadConfig(folder);
  const tensors = await readSafetensors(join(folder, 'model.safetensors'));
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

function headsOf(tensors: NamedArrays): Head[] {
  const has = (name: string) => tensors.has(huggingFaceName(name));
  return [
    ...(has('maskedLanguageModel.bias') ? ['maskedLanguageModel' as const] : []),
    ...(has('classifier.weight') ? ['classifier' as const] : has('pooler.weight') ? ['pooler' as const] : []),
  ];
}

async function loadConfig(folder: string): Promise<BertConfig> {
  const path = join(folder, 'config.json');
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new StageError('MODEL_CONFIG', `${path}: It must be JSON.`, { cause });
  }
  const problems = huggingFaceConfigProblems(json);
  if (problems.length > 0) throw new StageError('MODEL_CONFIG', `${path}: ${problems.join(' ')}`);
  return fromHuggingFaceConfig(json as Readonly<Record<string, unknown>>);
}

function problemsOf({ name, shape }: ParameterSpec, got: readonly number[] | undefined): string[] {
  const theirs = huggingFaceName(name);
  if (got === undefined) return [`Tensor ${theirs} is missing.`];
  return got.join() === shape.join()
    ? []
    : [`Tensor ${theirs} must be [${shape.join(', ')}], got [${got.join(', ')}].`];
}
