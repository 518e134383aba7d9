import { type Diagnostic, firstFew, shown, theSetting } from '@retort/foundation/diagnostics';
import { labelsOfTask } from '@retort/foundation/task';
import type { BertConfig } from '../config.ts';
import { MOST_LABELS } from '../config-problems.ts';
import { type ModelFamily, parameterName } from '../family.ts';
import { type Head, outputCount } from '../parameters.ts';
import { type StoredSpec, storedSpecs } from '../stored-parameters.ts';
import { type ForeignConfig, readForeignConfig } from './foreign-config.ts';
import { type HeadChoice, headKindOf } from './foreign-head.ts';
import { canonicalNames, foreignPrefix, wrapperPrefix } from './foreign-names.ts';
import { listTensors, type StoredTensor } from './foreign-weights.ts';

export interface ImportChoices {
  readonly head: HeadChoice;
  /** Tensors, by the model's own names, that are to be left out although nothing is known of them. */
  readonly ignoredTensors: readonly string[];
}

/** What a foreign model's folder holds, without its values. */
export interface ForeignModel {
  readonly family: ModelFamily;
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

type Finding = Pick<Diagnostic, 'message' | 'advice'>;

const IGNORING = theSetting('ignoreTensors');

function ignorable(message: string): Finding {
  return { message, advice: [IGNORING] };
}

function findParameters(
  folder: string,
  { family, config: given, unnamedTask, guess, activation }: ForeignConfig,
  tensors: readonly StoredTensor[],
  choices: ImportChoices,
): ForeignModel | readonly Diagnostic[] {
  const problem = (finding: Finding): Diagnostic => ({
    code: 'MODEL_TENSORS',
    ...finding,
    location: { file: folder },
  });
  const names = tensors.map(({ name }) => name);
  const foreign = foreignPrefix(family, names);
  if (foreign !== undefined)
    return [
      problem({
        message: `config.json describes a ${family.name}, but names of tensors begin with "${foreign}". Check that the files belong together.`,
      }),
    ];
  const wrapper = wrapperPrefix(family, names);
  const outside = names.filter((name) => !name.startsWith(wrapper) && !choices.ignoredTensors.includes(name));
  if (outside.length > 0)
    return [
      problem(
        ignorable(
          `The names of the encoder's tensors begin with "${wrapper}", but others do not (${firstFew(outside, 3)}), as in a part of another model. Save the ${family.name} alone with its save_pretrained, or add the others to ${IGNORING.words}.`,
        ),
      ),
    ];
  const bare = canonicalNames(
    family,
    names.map((name) => name.slice(wrapper.length)),
  );
  const canonical = (name: string) => bare(name.slice(wrapper.length));
  const { byName, repeated } = indexTensors(tensors, { canonical, family, ignored: choices.ignoredTensors });
  const heads = headsOf(byName, family, choices.head);
  const config = withHead(given, { family, choice: choices.head, byName, unnamedTask });
  const wanted = storedSpecs(config, heads, family);
  const found = new Map<string, StoredTensor>();
  const problems: Finding[] = repeated.map((message) => ({ message }));
  const hasHead = byName.has(classifierWeight(family));
  for (const spec of wanted) {
    const tensor = byName.get(spec.stored);
    if (tensor !== undefined) found.set(spec.name, tensor);
    problems.push(...shapeProblems(spec, tensor, { config, hasHead }).map((message) => ({ message })));
  }
  const used = new Set(found.values());
  const rest = [...byName].filter(([, tensor]) => !used.has(tensor));
  const tied = rest.flatMap(([name, tensor]) => tiedTo(name, tensor, { heads, family }));
  const others = rest.filter(([, tensor]) => !tied.some((tie) => tie.tensor === tensor));
  const unknown = others.filter(([name]) => !family.extras.test(name));
  problems.push(
    ...unknown.map(([, { name }]) =>
      ignorable(`Tensor ${name} is not part of a ${family.name}. If it can be left out, add it to ${IGNORING.words}.`),
    ),
    ...choices.ignoredTensors
      .filter((name) => !names.includes(name))
      .map((name) => ignorable(`${IGNORING.words} names ${name}, which the model does not have.`)),
  );
  if (problems.length > 0) return theFirst(problems).map(problem);
  // Classes and labels are the same before and after; a number is not.
  const isOtherScale = activation !== undefined && config.task?.kind === 'regression';
  const warnings = [
    ...(guess === undefined ? [] : [guess]),
    ...(isOtherScale
      ? [
          `config.json says that ${shown(activation)} turns the model's outputs into scores, but Retort uses the outputs themselves, which have another scale. For scores on the data's scale, set "head" to "none" and fine-tune the model.`,
        ]
      : []),
  ];
  const leftOut = [...others.map(([, { name }]) => name), ...choices.ignoredTensors].sort();
  return { family, config, heads, wrapper, tensors: found, tied, leftOut, warnings };
}

/** Most problems of tensors that are listed: a model of another shape has as many as it has tensors. */
const MOST_LISTED = 20;

function theFirst(problems: readonly Finding[]): Finding[] {
  const hidden = problems.length - MOST_LISTED;
  if (hidden <= 0) return [...problems];
  return [...problems.slice(0, MOST_LISTED), { message: `${hidden} more tensors do not fit either.` }];
}

function indexTensors(
  tensors: readonly StoredTensor[],
  {
    canonical,
    family,
    ignored,
  }: { canonical: (name: string) => string; family: ModelFamily; ignored: readonly string[] },
): { byName: Map<string, StoredTensor>; repeated: string[] } {
  const byName = new Map<string, StoredTensor>();
  const repeated: string[] = [];
  for (const tensor of tensors) {
    if (ignored.includes(tensor.name)) continue;
    const name = canonical(tensor.name);
    const other = byName.get(name);
    if (other !== undefined) repeated.push(`Tensors ${other.name} and ${tensor.name} hold the same parameter.`);
    byName.set(name, tensor);
  }
  // Newer files keep the bias of the words under the name of what it is tied to.
  const [bias, decoder] = [parameterName(family, 'maskedLanguageModel.bias'), `${family.wordDecoder}.bias`];
  const stored = byName.get(decoder);
  if (stored !== undefined && !byName.has(bias)) {
    byName.delete(decoder);
    byName.set(bias, stored);
  }
  return { byName, repeated };
}

/** A head for masked words is taken over where there is one; nobody has to choose, since it cannot be misread. */
function headsOf(byName: ReadonlyMap<string, StoredTensor>, family: ModelFamily, choice: HeadChoice): Head[] {
  const has = (name: string) => byName.has(parameterName(family, name));
  const words = has('maskedLanguageModel.transform.weight') ? ['maskedLanguageModel' as const] : [];
  if (choice !== 'none') return [...words, 'classifier'];
  const hasPooler = 'pooler' in family.names && has('pooler.weight') && !byName.has(classifierWeight(family));
  return [...words, ...(hasPooler ? ['pooler' as const] : [])];
}

function classifierWeight(family: ModelFamily): string {
  return parameterName(family, 'classifier.weight', ['classifier']);
}

function withHead(
  config: BertConfig,
  {
    family,
    choice,
    byName,
    unnamedTask,
  }: Pick<ForeignConfig, 'family' | 'unnamedTask'> & {
    choice: HeadChoice;
    byName: ReadonlyMap<string, StoredTensor>;
  },
): BertConfig {
  const { task, ...bare } = config;
  if (choice === 'none') return bare;
  const rows = byName.get(classifierWeight(family))?.shape[0];
  const headKind = headKindOf(family, choice);
  return { ...bare, task: task ?? unnamedTask(Math.min(rows ?? 2, MOST_LABELS)), headKind };
}

function shapeProblems(
  { name, shape, stored }: StoredSpec,
  tensor: StoredTensor | undefined,
  { config, hasHead }: { config: BertConfig; hasHead: boolean },
): string[] {
  if (tensor === undefined) {
    const why = hasHead || name.startsWith('pooler.') ? '' : headHint(name);
    return [`Tensor ${stored} is missing.${why}`];
  }
  const { name: theirs, dtype } = tensor;
  if (!['F32', 'F16', 'BF16'].includes(dtype))
    return [`Tensor ${theirs} has dtype ${dtype}, expected F32, F16 or BF16.`];
  if (tensor.shape.join() === shape.join()) return [];
  const got = `Tensor ${theirs} must be [${shape.join(', ')}] according to config.json, got [${tensor.shape.join(', ')}].`;
  if (!name.startsWith('classifier.')) return [got];
  const labels = config.task ? labelsOfTask(config.task) : [];
  return [
    `${got} config.json names ${labels.length === 0 ? 'no classes (regression)' : `the classes ${firstFew(labels)}`}, which are ${outputCount(config)} outputs.`,
  ];
}

function headHint(name: string): string {
  return name === 'classifier.weight'
    ? ' The model has no classification head. Set "head" to "none" to import only the encoder.'
    : '';
}

/** HuggingFace ties the words' scores to the word embeddings, and may store them twice. */
function tiedTo(
  name: string,
  tensor: StoredTensor,
  { heads, family }: { heads: readonly Head[]; family: ModelFamily },
): { parameter: string; tensor: StoredTensor }[] {
  if (!heads.includes('maskedLanguageModel')) return [];
  if (name === `${family.wordDecoder}.weight`) return [{ parameter: 'embeddings.word', tensor }];
  if (name === `${family.wordDecoder}.bias`) return [{ parameter: 'maskedLanguageModel.bias', tensor }];
  return [];
}
