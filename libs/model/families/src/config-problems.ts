import { shown } from '@retort/foundation/diagnostics';
import { type ModelFamily, memberName } from './family.ts';
import { HEAD_KINDS } from './heads/head-kind.ts';

type Json = Readonly<Record<string, unknown>>;

const MOST_WIDE = 8192;
/** Most of each: beyond any BERT, and little enough that nothing built from it takes gigabytes. */
const SIZES: Readonly<Record<string, number>> = {
  vocab_size: 2_000_000,
  hidden_size: MOST_WIDE,
  num_hidden_layers: 96,
  num_attention_heads: 128,
  intermediate_size: 32_768,
  max_position_embeddings: 65_536,
};
const MOST_SEGMENTS = 1024;
export const MOST_LABELS = 100_000;

/** Below, float32 has no number that a variance of 0 could be divided by; above, little is left of what is normalized. */
const EPSILONS = { least: 1e-37, most: 0.1 };

/** Settings that no other value is computed of; null is another value only where it computes something else. */
const ONLY: readonly { readonly member: string; readonly value: unknown; readonly isNullSame?: boolean }[] = [
  { member: 'hidden_act', value: 'gelu' },
  { member: 'position_embedding_type', value: 'absolute' },
  { member: 'is_decoder', value: false, isNullSame: true },
  { member: 'is_encoder_decoder', value: false, isNullSame: true },
  { member: 'add_cross_attention', value: false, isNullSame: true },
  { member: 'quantization_config', value: null, isNullSame: true },
];

/** Of training alone; what they say has to be possible all the same. */
const SHARES = [
  'hidden_dropout_prob',
  'attention_probs_dropout_prob',
  'classifier_dropout',
  'dropout',
  'attention_dropout',
  'seq_classif_dropout',
];
const PROBLEM_TYPES = ['regression', 'single_label_classification', 'multi_label_classification'];

/**
 * What keeps a `config.json` from being one of a model that this package computes: each member that decides what is
 * computed, or how large it is. Empty when nothing does.
 *
 * @param json  with the members of BERT's
 * @param family  whose own names are in the messages
 */
export function configProblems(json: unknown, family: ModelFamily): string[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return ['Expected a JSON object.'];
  const config = json as Json;
  const problems: string[] = [];
  const nameOf = (member: string) => memberName(family, member);
  const expect = (member: string, isRight: (value: unknown) => boolean, expected: string) => {
    if (!isRight(config[member])) problems.push(`${nameOf(member)} must be ${expected}, got ${shown(config[member])}.`);
  };
  for (const [member, most] of Object.entries(SIZES))
    expect(member, (value) => isWhole(value, 1, most), `a whole number from 1 to ${most}`);
  for (const { member, value: only, isNullSame } of [
    { member: 'model_type', value: family.name, isNullSame: false },
    ...ONLY,
  ])
    expect(
      member,
      (value) => value === undefined || value === only || (isNullSame && value === null) === true,
      shown(only),
    );
  if (family.hasEmbeddingSize)
    expect('embedding_size', (value) => isWhole(value, 1, MOST_WIDE), `a whole number from 1 to ${MOST_WIDE}`);
  if (family.countsFromPadding)
    expect('pad_token_id', (value) => isWhole(value, 0, 100), 'a whole number from 0 to 100');
  expect(
    'type_vocab_size',
    optional((value) => isWhole(value, 1, MOST_SEGMENTS)),
    `a whole number from 1 to ${MOST_SEGMENTS}`,
  );
  expect(
    'chunk_size_feed_forward',
    optional((value) => isWhole(value, 0, 2 ** 31)),
    'a whole number of at least 0',
  );
  expect(
    'layer_norm_eps',
    optional((value) => isNumber(value, EPSILONS.least, EPSILONS.most)),
    `a number from ${EPSILONS.least} to ${EPSILONS.most}`,
  );
  expect(
    'initializer_range',
    optional((value) => isNumber(value, 0, Number.MAX_VALUE)),
    'a number of at least 0',
  );
  for (const member of SHARES)
    expect(
      member,
      optional((value) => value === null || (isNumber(value, 0, 1) && value !== 1)),
      'a number of at least 0 and below 1',
    );
  expect(
    'pruned_heads',
    (value) => Object.keys((value ?? {}) as object).length === 0,
    'empty, because pruned heads are not supported',
  );
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (problems.length === 0 && (width as number) % (heads as number) !== 0)
    problems.push(`${nameOf('hidden_size')} ${shown(width)} is not divisible by ${shown(heads)} heads.`);
  return [...problems, ...labelProblems(config), ...ownProblems(config)];
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isNumber(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function optional(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isRight(value);
}

function labelProblems({ id2label, label2id, num_labels: count, problem_type: type }: Json): string[] {
  const problems: string[] = [];
  if (type !== undefined && type !== null && !PROBLEM_TYPES.includes(type as string))
    problems.push(`problem_type must be one of ${PROBLEM_TYPES.join(', ')}, got ${shown(type)}.`);
  const hasCount = count !== undefined && count !== null;
  if (hasCount && !isWhole(count, 1, MOST_LABELS))
    problems.push(`num_labels must be a whole number from 1 to ${MOST_LABELS}, got ${shown(count)}.`);
  if (id2label === undefined || id2label === null) return problems;
  const names = denseNames(id2label);
  if (names === undefined) return [...problems, 'id2label must name every class once, numbered from "0".'];
  if (names.length > MOST_LABELS)
    problems.push(`id2label must name at most ${MOST_LABELS} classes, got ${names.length}.`);
  if (new Set(names).size < names.length) problems.push('id2label gives two classes the same name.');
  if (hasCount && count !== names.length)
    problems.push(`num_labels is ${shown(count)}, but id2label names ${names.length} classes.`);
  if (typeof label2id === 'object' && label2id !== null) {
    const other = names.findIndex(
      (name, id) => Object.hasOwn(label2id, name) && Number((label2id as Json)[name]) !== id,
    );
    if (other !== -1)
      problems.push(
        `id2label calls the class ${other} ${shown(names[other])}, but label2id gives that name to another class. Make both agree.`,
      );
  }
  return problems;
}

function denseNames(names: unknown): readonly string[] | undefined {
  if (typeof names !== 'object' || names === null || Array.isArray(names)) return undefined;
  const values = Object.keys(names).map((_, i) => (names as Json)[String(i)]);
  return values.every((name) => typeof name === 'string') ? (values as string[]) : undefined;
}

/** What Retort itself wrote, or somebody in its name. */
function ownProblems({ retort, id2label }: Json): string[] {
  if (retort === undefined) return [];
  const { labels, headKind, tokenizerDigest } = (
    typeof retort === 'object' && retort !== null ? retort : { labels: 0 }
  ) as Json;
  const isRight =
    (labels === undefined || (Array.isArray(labels) && labels.every((name) => typeof name === 'string'))) &&
    (headKind === undefined || HEAD_KINDS.some((kind) => kind === headKind)) &&
    (tokenizerDigest === undefined || typeof tokenizerDigest === 'string');
  if (!isRight) return ['The member "retort" was not written by Retort. Remove it to read the model like any other.'];
  const names = denseNames(id2label ?? undefined);
  if (names === undefined || !Array.isArray(labels) || names.join('\n') === labels.join('\n')) return [];
  return [
    'id2label and retort.labels, which Retort wrote, name different classes. Make both agree, or remove "retort".',
  ];
}
