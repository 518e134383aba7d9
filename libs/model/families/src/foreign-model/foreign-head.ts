import { shown } from '@retort/foundation/diagnostics';
import type { ModelFamily } from '../family.ts';
import { DEFAULT_HEAD_KIND, HEAD_KINDS, type HeadKind } from '../heads/head-kind.ts';

/** Which classification head is taken over: HuggingFace's of that kind of model, the reference code's, or none. */
export type HeadChoice = 'huggingface' | 'reference' | 'none';

type Json = Readonly<Record<string, unknown>>;

/** How the classes of transformers begin for a family. */
function classPrefix({ className, otherClassNames = [] }: ModelFamily): RegExp {
  return new RegExp(`^(?:${[className, ...otherClassNames].join('|')})(?=For|Model|LMHead)`);
}

const WANTED = 'ForSequenceClassification';

/** What the other heads answer. */
const OTHER_HEADS: Readonly<Record<string, string>> = {
  Model: 'which has no head',
  ForTokenClassification: 'which classifies each word',
  ForQuestionAnswering: 'which finds answers in a text',
  ForMultipleChoice: 'which chooses between several texts',
  ForMaskedLM: 'which predicts masked words',
  ForPreTraining: 'which predicts masked words and whether a sentence follows',
  ForNextSentencePrediction: 'which tells whether a sentence follows another',
  LMHeadModel: 'which predicts the next word',
};

/** What `architectures` and `auto_map` of a `config.json` say that no BERT of transformers is; undefined when nothing. */
export function otherModel(json: Json, family: ModelFamily): string | undefined {
  const { architectures, auto_map: code } = json;
  if (architectures !== undefined && architectures !== null && !isListOfNames(architectures))
    return `architectures must be a list of names, got ${shown(architectures)}.`;
  const foreign = namesOf(json).find((name) => !classPrefix(family).test(name));
  if (foreign !== undefined)
    return `architectures names ${foreign}, but the model_type is ${family.name}, and Retort supports only that type's own classes of transformers.`;
  const brought =
    typeof code === 'object' && code !== null ? Object.keys(code).filter((name) => name !== 'AutoTokenizer') : [];
  if (brought.length > 0)
    return `auto_map names code that comes with the model (${brought.slice(0, 3).join(', ')}), which Retort does not run.`;
  return undefined;
}

/**
 * Why a model has no classification head of the kind that is asked for, by its `config.json`, as a part of a sentence:
 * "its head is BertForTokenClassification, which classifies each word". Undefined when it has one, or nothing says.
 */
export function otherHead(json: Json, family: ModelFamily, choice: HeadChoice): string | undefined {
  if (choice === 'none') return undefined;
  const other = namesOf(json).find((name) => name.replace(classPrefix(family), '') !== WANTED);
  if (other !== undefined) {
    const answers = OTHER_HEADS[other.replace(classPrefix(family), '')] ?? 'which is not a head for whole texts';
    return `its head is ${other}, ${answers}`;
  }
  const own = ownHeadKind(json);
  return own === undefined || own === headKindOf(family, choice) ? undefined : `Retort trained its head as ${own}`;
}

/**
 * What is assumed of a model's classifier where its `config.json` does not say what it is for, as files before 2020 do
 * not: heads for words and for choices have tensors of the same names and shapes. Undefined when it says so.
 */
export function headGuess(json: Json, family: ModelFamily, choice: HeadChoice): string | undefined {
  if (choice === 'none' || namesOf(json).length > 0 || ownHeadKind(json) !== undefined) return undefined;
  const name = `${family.className}${WANTED}`;
  return `config.json has no "architectures", so its classifier is assumed to be a ${name}. Others, such as one for single words, have the same tensors. If it is right, add "architectures": ["${name}"] to config.json. Otherwise set "head" to "none" and fine-tune the model.`;
}

/** What sentence-transformers puts a cross-encoder's outputs through, in its newer and its older files; undefined for nothing. */
export function scoreActivation(json: Json): string | undefined {
  const own = json['sentence_transformers'] as Json | null | undefined;
  const name = own?.['activation_fn'] ?? json['sbert_ce_default_activation_function'];
  return typeof name !== 'string' || name.endsWith('.Identity') ? undefined : name;
}

/** How the head that is taken over computes. */
export function headKindOf(family: ModelFamily, choice: Exclude<HeadChoice, 'none'>): HeadKind {
  return choice === 'reference' ? 'reference' : (family.headKind ?? DEFAULT_HEAD_KIND);
}

/** What Retort itself wrote into a `config.json`. */
function ownHeadKind({ retort }: Json): HeadKind | undefined {
  if (typeof retort !== 'object' || retort === null || !('labels' in retort)) return undefined;
  const { headKind = DEFAULT_HEAD_KIND } = retort as { headKind?: unknown };
  return HEAD_KINDS.find((kind) => kind === headKind);
}

function namesOf({ architectures }: Json): readonly string[] {
  return isListOfNames(architectures) ? architectures : [];
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
