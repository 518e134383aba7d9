import type { Extension } from '@retort/foundation/extensions';
import type { BertConfig } from './config.ts';
import type { HeadKind } from './heads/head-kind.ts';
import type { Head } from './parameters.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * A kind of model that transformers knows, as one object: how its folder says what `encode` and `classify` compute. A
 * family brings no computation of its own: what differs from BERT is converted when a folder is read and written.
 */
export interface ModelFamily extends Extension {
  /** `model_type` in its `config.json`. */
  readonly name: string;
  /** How the names of its classes begin: "Roberta" of RobertaForSequenceClassification. */
  readonly className: string;
  /** Other beginnings that are read: TinyBERT's published code has a class of its own. */
  readonly otherClassNames?: readonly string[];
  /** Before the names of the encoder's tensors. */
  readonly prefix: string;
  /** Our names of parameters, without ".weight" and the like, to those of the family; `#` is the number of a layer. */
  readonly names: Readonly<Record<string, string>>;
  /** Names that are others where the model has a classifier. */
  readonly classifierNames?: Readonly<Record<string, string>>;
  /** The map from features to the scores of words, tied to the word embeddings. */
  readonly wordDecoder: string;
  /** Tensors that are known and may be left out: stored position numbers, heads that nobody asked for. */
  readonly extras: RegExp;
  /** What its classification head makes of the first token; BERT's when left out. */
  readonly headKind?: HeadKind;
  /** It has no segment embeddings: a table of zeros computes the same. */
  readonly lacksSegments?: true;
  /** Its positions count from the padding token's id + 1 on; the rows of its table before that belong to no token. */
  readonly countsFromPadding?: true;
  /** Its embeddings have a width of their own (`embedding_size`). */
  readonly hasEmbeddingSize?: true;
  /** Our own folders hold such a model as a BERT that computes the same. */
  readonly isStoredAsBert?: true;
  /** Members of BERT's `config.json` under other names. */
  readonly renamedMembers?: Readonly<Record<string, string>>;
  /** Its `config.json` with the members of BERT's. */
  readonly asBertConfig: (json: Json) => Json;
  /** The other way. Members are renamed already. */
  readonly fromBertConfig: (json: Json) => Json;
  /** Why its folder cannot hold a model, as a part of a sentence; undefined when it can. */
  readonly problemOf?: (config: BertConfig) => string | undefined;
}

/** The family's name of one of our parameters: `layers.0.attention.query.weight` -> `bert.encoder.layer.0.…`. */
export function parameterName(family: ModelFamily, name: string, heads: readonly Head[] = []): string {
  const names = heads.includes('classifier') ? { ...family.names, ...family.classifierNames } : family.names;
  const general = name.replace(/^layers\.\d+\./, 'layers.#.');
  const number = /^layers\.(\d+)\./.exec(name)?.[1] ?? '';
  const end = general.lastIndexOf('.');
  const whole = names[general];
  const found = whole ?? `${names[general.slice(0, end)]}.${general.slice(end + 1) === 'bias' ? 'bias' : 'weight'}`;
  return found.replace('#', number);
}

/** The class of transformers that computes a model with these heads. */
export function architectureOf({ className }: ModelFamily, heads: readonly Head[]): string {
  if (heads.includes('classifier')) return `${className}ForSequenceClassification`;
  return heads.includes('maskedLanguageModel') ? `${className}ForMaskedLM` : `${className}Model`;
}

/** How a family's `config.json` calls a member of BERT's. */
export function memberName({ renamedMembers = {} }: ModelFamily, member: string): string {
  return renamedMembers[member] ?? member;
}

/** Rows at the beginning of the stored position table that no token of a text has. */
export function positionOffset({ countsFromPadding }: ModelFamily, { padId = 0 }: Pick<BertConfig, 'padId'>): number {
  return countsFromPadding ? padId + 1 : 0;
}
