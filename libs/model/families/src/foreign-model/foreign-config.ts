import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { labelsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import { readWholeJson } from '@retort/texts/lines';
import { type BertConfig, CONFIG_LIMITS } from '../config.ts';
import { readConfigJson, taskOf } from '../config-json.ts';
import { familyNamed, modelFamilies } from '../families/index.ts';
import type { ModelFamily } from '../family.ts';
import { type HeadChoice, headGuess, otherHead, otherModel, scoreActivation } from './foreign-head.ts';

export interface ForeignConfig {
  readonly family: ModelFamily;
  /** With the task as the file names its labels; without one where it names none. */
  readonly config: BertConfig;
  /** What a head of so many outputs answers where the file does not name its labels. */
  readonly unnamedTask: (outputs: number) => Task;
  /** What is assumed of its head: see `headGuess`. */
  readonly guess?: string;
  /** Of numbers that are scores: see `scoreActivation`. */
  readonly activation?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Why a kind that people bring cannot be computed here. */
const REFUSED: Readonly<Record<string, string>> = {
  albert: 'Its layers share weights and its embeddings are factorized, which Retort does not support.',
  deberta: 'Its attention is disentangled, which Retort does not support.',
  'deberta-v2': 'Its attention is disentangled, which Retort does not support.',
  mobilebert: 'Its layers have bottlenecks, which Retort does not support.',
};

function bring(): string {
  const names = modelFamilies.all().map(({ name }) => `"${name}"`);
  return `Use a model of type ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`;
}

/** Reads the `config.json` of a foreign model, by whichever tool it was written, and what it says of the head that is taken over. */
export async function readForeignConfig(
  folder: string,
  choice: HeadChoice,
): Promise<ForeignConfig | readonly Diagnostic[]> {
  const read = await readConfigFile(folder);
  if (!('json' in read)) return read;
  const { json, family, problem } = read;
  const other = otherModel(json, family);
  if (other !== undefined) return [problem('IMPORT_UNSUPPORTED_MODEL', `${other} ${bring()}`)];
  const head = otherHead(json, family, choice);
  if (head !== undefined) {
    const message = `"head" is "${choice}", but according to config.json ${head}. Set "head" to "none" and fine-tune the model, or use a model with such a head.`;
    return [problem('IMPORT_OTHER_HEAD', message)];
  }
  const config = readConfigJson(json, family);
  if (!('layers' in config)) return config.map((message) => problem('MODEL_CONFIG', message));
  const guess = headGuess(json, family, choice);
  const activation = scoreActivation(json);
  return {
    family,
    config: withTask(config, json),
    unnamedTask: (outputs) => unnamedTask(json, outputs),
    ...(guess !== undefined && { guess }),
    ...(activation !== undefined && { activation }),
  };
}

/**
 * Why the model in a folder has no classification head as `choice` wants it, by its `config.json`, as a part of a
 * sentence: "its head is BertForTokenClassification, which classifies each word". Undefined when it may have one.
 */
export async function headRefusal(folder: string, choice: HeadChoice): Promise<string | undefined> {
  const read = await readConfigFile(folder);
  return 'json' in read ? otherHead(read.json, read.family, choice) : undefined;
}

interface ConfigFile {
  readonly json: Json;
  readonly family: ModelFamily;
  readonly problem: (code: string, message: string) => Diagnostic;
}

async function readConfigFile(folder: string): Promise<ConfigFile | readonly Diagnostic[]> {
  const file = join(folder, 'config.json');
  const problem = (code: string, message: string): Diagnostic => ({ code, message, location: { file } });
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes('config.json')) {
    const expected = names.includes('bert_config.json')
      ? "Google's bert_config.json has the same members, so copy it to config.json."
      : 'Expected a HuggingFace model folder: config.json, model.safetensors and the tokenizer.';
    return [problem('IMPORT_NO_CONFIG', `The folder has no config.json. ${expected}`)];
  }
  const { json, problem: reason } = await readWholeJson(file, CONFIG_LIMITS);
  if (reason !== undefined) return [problem('MODEL_CONFIG', reason)];
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return [problem('MODEL_CONFIG', 'Expected a JSON object.')];
  const { model_type: type } = json as Json;
  const family = familyNamed(type);
  if (family === undefined) return [problem('IMPORT_UNSUPPORTED_MODEL', refusal(type))];
  return { json: json as Json, family, problem };
}

function refusal(type: unknown): string {
  const reason = typeof type === 'string' && Object.hasOwn(REFUSED, type) ? ` ${REFUSED[type]}` : '';
  return `The model_type is ${shown(type)}.${reason} ${bring()}`;
}

/** HuggingFace writes no names where there are two classes without any, and takes one output for regression. */
function withTask(config: BertConfig, json: Json): BertConfig {
  const { task } = config;
  const count = typeof json['num_labels'] === 'number' ? json['num_labels'] : task && labelsOfTask(task).length;
  if (json['problem_type'] === 'regression') return { ...config, task: REGRESSION };
  if (count === undefined || (task !== undefined && count !== 1)) return config;
  return task?.kind === 'multi-label' ? config : { ...config, task: unnamedTask(json, count) };
}

/** What a head of so many outputs answers whose labels the file does not name. */
function unnamedTask(json: Json, outputs: number): Task {
  const task = taskOf(json, defaultLabels(outputs));
  return outputs === 1 && task.kind !== 'multi-label' ? REGRESSION : task;
}

/** HuggingFace's names for classes without any. */
function defaultLabels(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}
