import { type Diagnostic, firstFew, shown } from '@retort/foundation/diagnostics';
import type { BertConfig } from '../config.ts';
import { MOST_LABELS } from '../config-problems.ts';
import { huggingFaceName } from '../huggingface-names.ts';
import { type Head, outputCount, type ParameterSpec, parameterSpecs } from '../parameters.ts';
import { defaultLabels, type ForeignConfig, readForeignConfig } from './foreign-config.ts';
import { type ForeignKind, type HeadChoice, headKindOf } from './foreign-head.ts';
import { canonicalNames, foreignPrefix, isKnownExtra, wrapperPrefix } from './foreign-names.ts';
import { listTensors, type StoredTensor } from './foreign-weights.ts';

export interface ImportChoices {
  readonly head: HeadChoice;
  /** Tensors, by the model's own names, that are to be left out although nothing is known of them. */
  readonly ignoredTensors: readonly string[];
}

/** What a foreign model's folder holds, without its values. */
export interface ForeignModel {
  readonly kind: ForeignKind;
  /** Without a tokenizer's digest. Labels as the model names them. */
  readonly config: BertConfig;
  readonly heads: readonly Head[];
  /** What every tensor's name begins with, since the model was saved inside of something; mostly nothing. */
  readonly wrapper: string;
  /** Parameter -> where its values lie. A parameter that is not there is zero: DistilBERT has no segment embeddings. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tied to a parameter: they must hold the same values. */
  readonly tied: readonly { readonly parameter: string; readonly tensor: StoredTensor }[];
  /** Names of tensors that are left out, as the model has them. */
  readonly leftOut: readonly string[];
  /** What a person should look into, although it can be read. */
  readonly warnings: readonly string[];
}

/**
 * Finds the parameters of a BERT in a foreign model's folder, by whoever wrote it, or says all that is wrong with it: each
 * missing, unknown or wrongly shaped tensor. Reads `config.json` and headers; loads no values and no tensor library.
 */
export async function inspectForeignModel(
  folder: string,
  choices: ImportChoices,
): Promise<ForeignModel | readonly Diagnostic[]> {
  const [described, listed] = [await readForeignConfig(folder, choices.head), await listTensors(folder)];
  if (!('config' in described)) return [...described, ...problemsAmong(listed)];
  const problems = problemsAmong(listed);
  if (problems.length > 0) return problems;
  return findParameters(folder, described, listed as readonly StoredTensor[], choices);
}

function problemsAmong(listed: readonly (StoredTensor | Diagnostic)[]): Diagnostic[] {
  return listed.filter((each): each is Diagnostic => 'code' in each);
}

function findParameters(
  folder: string,
  { kind, config: given, guess, activation }: ForeignConfig,
  tensors: readonly StoredTensor[],
  choices: ImportChoices,
): ForeignModel | readonly Diagnostic[] {
  const problem = (message: string): Diagnostic => ({ code: 'MODEL_TENSORS', message, location: { file: folder } });
  const names = tensors.map(({ name }) => name);
  const foreign = foreignPrefix(kind, names);
  if (foreign !== undefined)
    return [
      problem(
        `config.json says that it is a ${kind}, but tensors are named ${foreign}…: the files do not belong together.`,
      ),
    ];
  const wrapper = wrapperPrefix(names);
  const outside = names.filter((name) => !name.startsWith(wrapper) && !choices.ignoredTensors.includes(name));
  if (outside.length > 0)
    return [
      problem(
        `The names of the encoder's tensors begin with "${wrapper}", but others do not (${firstFew(outside, 3)}): it was saved as a part of another model. Save the ${kind} alone with its save_pretrained, or name the others in "ignoreTensors".`,
      ),
    ];
  const bare = canonicalNames(
    kind,
    names.map((name) => name.slice(wrapper.length)),
  );
  const canonical = (name: string) => bare(name.slice(wrapper.length));
  const { byName, repeated } = indexTensors(tensors, canonical, choices.ignoredTensors);
  const heads = headsOf(byName, choices.head);
  const config = withHead(given, { kind, choice: choices.head, byName });
  const wanted = parameterSpecs(config, heads);
  const found = new Map<string, StoredTensor>();
  const problems = [...repeated];
  for (const spec of wanted) {
    const tensor = byName.get(huggingFaceName(spec.name));
    if (tensor !== undefined) found.set(spec.name, tensor);
    problems.push(
      ...shapeProblems(spec, tensor, { kind, config, hasHead: byName.has(huggingFaceName('classifier.weight')) }),
    );
  }
  const used = new Set(found.values());
  const rest = [...byName].filter(([, tensor]) => !used.has(tensor));
  const tied = rest.flatMap(([name, tensor]) => tiedTo(name, tensor, heads));
  const others = rest.filter(([, tensor]) => !tied.some((tie) => tie.tensor === tensor));
  const unknown = others.filter(([name]) => !isKnownExtra(name) && !isOfAHead(name));
  problems.push(
    ...unknown.map(
      ([, { name }]) => `Tensor ${name} is no part of a ${kind}. If it may be left out, name it in "ignoreTensors".`,
    ),
    ...choices.ignoredTensors
      .filter((name) => !names.includes(name))
      .map((name) => `"ignoreTensors" names ${name}, which the model does not have.`),
  );
  if (problems.length > 0) return theFirst(problems).map(problem);
  // Classes and labels are the same before and after; a number is not.
  const isOtherScale = activation !== undefined && config.labels?.length === 0;
  const warnings = [
    ...(guess === undefined ? [] : [guess]),
    ...(isOtherScale
      ? [
          `config.json says that scores are the model's outputs put through ${shown(activation)}, but Retort takes the outputs themselves: they have another scale than those scores. For scores of the data's own scale, set "head" to "none" and fine-tune the model.`,
        ]
      : []),
  ];
  const leftOut = [...others.map(([, { name }]) => name), ...choices.ignoredTensors].sort();
  return { kind, config, heads, wrapper, tensors: found, tied, leftOut, warnings };
}

/** Most problems of tensors that are listed: a model of another shape has as many as it has tensors. */
const MOST_LISTED = 20;

function theFirst(problems: readonly string[]): string[] {
  const hidden = problems.length - MOST_LISTED;
  if (hidden <= 0) return [...problems];
  return [...problems.slice(0, MOST_LISTED), `${hidden} more tensors do not fit either.`];
}

function indexTensors(
  tensors: readonly StoredTensor[],
  canonical: (name: string) => string,
  ignored: readonly string[],
): { byName: Map<string, StoredTensor>; repeated: string[] } {
  const byName = new Map<string, StoredTensor>();
  const repeated: string[] = [];
  for (const tensor of tensors) {
    if (ignored.includes(tensor.name)) continue;
    const name = canonical(tensor.name);
    const other = byName.get(name);
    if (other !== undefined) repeated.push(`Tensors ${other.name} and ${tensor.name} are the same parameter twice.`);
    byName.set(name, tensor);
  }
  // Newer files keep the bias of the words under the name of what it is tied to.
  const [bias, decoder] = [huggingFaceName('maskedLanguageModel.bias'), 'cls.predictions.decoder.bias'];
  const stored = byName.get(decoder);
  if (stored !== undefined && !byName.has(bias)) {
    byName.delete(decoder);
    byName.set(bias, stored);
  }
  return { byName, repeated };
}

/** A head for masked words is taken over where there is one; nobody has to choose, since it cannot be misread. */
function headsOf(byName: ReadonlyMap<string, StoredTensor>, choice: HeadChoice): Head[] {
  const has = (name: string) => byName.has(huggingFaceName(name));
  const words = has('maskedLanguageModel.transform.weight') ? ['maskedLanguageModel' as const] : [];
  if (choice !== 'none') return [...words, 'classifier'];
  return [...words, ...(has('pooler.weight') && !has('classifier.weight') ? ['pooler' as const] : [])];
}

function withHead(
  config: BertConfig,
  { kind, choice, byName }: { kind: ForeignKind; choice: HeadChoice; byName: ReadonlyMap<string, StoredTensor> },
): BertConfig {
  const { labels, multiLabel, ...bare } = config;
  if (choice === 'none') return bare;
  const rows = byName.get(huggingFaceName('classifier.weight'))?.shape[0];
  const names = labels ?? (rows === 1 ? [] : defaultLabels(Math.min(rows ?? 2, MOST_LABELS)));
  return { ...bare, labels: names, headKind: headKindOf(kind, choice), ...(multiLabel ? { multiLabel } : {}) };
}

function shapeProblems(
  { name, shape }: ParameterSpec,
  tensor: StoredTensor | undefined,
  { kind, config, hasHead }: { kind: ForeignKind; config: BertConfig; hasHead: boolean },
): string[] {
  if (tensor === undefined) {
    if (kind === 'distilbert' && name === 'embeddings.segment') return [];
    const why = hasHead || name.startsWith('pooler.') ? '' : headHint(name);
    return [`Tensor ${huggingFaceName(name)} is missing.${why}`];
  }
  const { name: theirs, dtype } = tensor;
  if (!['F32', 'F16', 'BF16'].includes(dtype))
    return [`Tensor ${theirs} has dtype ${dtype}; F32, F16 and BF16 are supported.`];
  if (tensor.shape.join() === shape.join()) return [];
  const got = `Tensor ${theirs} must be [${shape.join(', ')}] by config.json, got [${tensor.shape.join(', ')}].`;
  if (!name.startsWith('classifier.')) return [got];
  const labels = config.labels ?? [];
  return [
    `${got} config.json names ${labels.length === 0 ? 'no classes (regression)' : `the classes ${firstFew(labels)}`}: ${outputCount(config)} outputs.`,
  ];
}

function headHint(name: string): string {
  return name === 'classifier.weight'
    ? ' The model has no classification head; "head": "none" brings the encoder alone.'
    : '';
}

/** HuggingFace ties the words' scores to the word embeddings, and may store them twice. */
function tiedTo(
  name: string,
  tensor: StoredTensor,
  heads: readonly Head[],
): { parameter: string; tensor: StoredTensor }[] {
  if (!heads.includes('maskedLanguageModel')) return [];
  if (name === 'cls.predictions.decoder.weight') return [{ parameter: 'embeddings.word', tensor }];
  if (name === 'cls.predictions.decoder.bias') return [{ parameter: 'maskedLanguageModel.bias', tensor }];
  return [];
}

/** Of a head that was not asked for: for classes, or for answers in a text. */
function isOfAHead(canonical: string): boolean {
  return /^(bert\.pooler\.dense|classifier|qa_outputs)\.(weight|bias)$/.test(canonical);
}
