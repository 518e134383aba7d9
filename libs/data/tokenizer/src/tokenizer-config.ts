import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import type { NamedToken } from './added-tokens.ts';
import type { Json, Problem } from './json-parts.ts';
import {
  isSpecialToken,
  type NormalizerSettings,
  SPECIAL_TOKENS,
  type SpecialTokens,
  specialTokens,
  type Vocabulary,
  type WordPieceVocabulary,
} from './vocabulary.ts';

/** Classes of transformers that are BERT's WordPiece under another name. */
const OWN_CLASSES = /^(Bert|DistilBert|Electra)Tokenizer(Fast)?$/;
/** Classes that compute whatever `tokenizer.json` says. */
const ANY_CLASSES = ['PreTrainedTokenizerFast', 'TokenizersBackend'];

const ROLES: Readonly<Record<string, string>> = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
};
const LISTS = ['additional_special_tokens', 'extra_special_tokens', 'model_specific_special_tokens'];

export type TruncationSide = 'left' | 'right';

/** Files write it in small letters or with a capital one; null is HuggingFace's way to say nothing. */
export function truncationSide(value: unknown): TruncationSide | undefined | 'unknown' {
  if (value === undefined || value === null) return undefined;
  const side = typeof value === 'string' ? value.toLowerCase() : value;
  return side === 'left' || side === 'right' ? side : 'unknown';
}

const NORMALIZER = {
  do_lower_case: 'lowercase',
  strip_accents: 'stripAccents',
  tokenize_chinese_chars: 'handleChineseChars',
  clean_text: 'cleanText',
} as const;

/** The settings of the normalizer that a `tokenizer_config.json` says; null is HuggingFace's way to say nothing. */
export function normalizerSettings(json: Json): Partial<NormalizerSettings> {
  return Object.fromEntries(
    Object.entries(NORMALIZER).flatMap(([theirs, ours]) =>
      typeof json[theirs] === 'boolean' ? [[ours, json[theirs]]] : [],
    ),
  );
}

/** What a `tokenizer_config.json` says that is not computed here. @param hasJson whether a `tokenizer.json` says all the rest */
export function configProblems(json: Json, hasJson: boolean, problem: Problem): Diagnostic[] {
  const refuse = (member: string, expected: string) =>
    problem(`Expected ${expected}, got ${shown(json[member])}.`, `/${member}`);
  const { do_basic_tokenize: isBasic, never_split: kept, wordpieces_prefix: prefix } = json;
  return [
    ...classProblems(json, hasJson, problem),
    ...Object.keys(NORMALIZER)
      .filter((member) => !['boolean', 'undefined'].includes(typeof (json[member] ?? undefined)))
      .map((member) => refuse(member, 'true, false or null')),
    ...(!hasJson && json['clean_text'] === false ? [refuse('clean_text', 'true')] : []),
    ...((isBasic ?? true) === true ? [] : [refuse('do_basic_tokenize', 'true')]),
    ...(isListOfSpecials(kept ?? []) ? [] : [refuse('never_split', 'null or an empty list')]),
    ...(truncationSide(json['truncation_side']) === 'unknown' ? [refuse('truncation_side', '"left" or "right"')] : []),
    ...((prefix ?? '##') === '##' ? [] : [refuse('wordpieces_prefix', '"##"')]),
    ...codeProblems(json, problem),
  ];
}

/** @param json  a `tokenizer_config.json`, or a `config.json` */
export function classProblems({ tokenizer_class: name }: Json, hasJson: boolean, problem: Problem): Diagnostic[] {
  if (name === undefined || name === null) return [];
  if (typeof name === 'string' && (OWN_CLASSES.test(name) || (hasJson && ANY_CLASSES.includes(name)))) return [];
  return [problem(`Expected "BertTokenizer", got ${shown(name)}.`, '/tokenizer_class')];
}

const OTHER_CLASSES = /^(Bert|DistilBert|Electra|Roberta|XLMRoberta|Camembert|MPNet)Tokenizer(Fast)?$/;

/** What a `tokenizer_config.json` says that a `tokenizer.json` of another kind than BERT's does not compute. */
export function otherConfigProblems(config: Json, json: Json, problem: Problem): Diagnostic[] {
  const { tokenizer_class: name, add_prefix_space: prefix } = config;
  const before = json['pre_tokenizer'] as Json | null | undefined;
  const isClass = typeof name === 'string' && (OTHER_CLASSES.test(name) || ANY_CLASSES.includes(name));
  const own = before?.['type'] === 'ByteLevel' ? before['add_prefix_space'] : undefined;
  const disagrees = typeof prefix === 'boolean' && own !== undefined && prefix !== own;
  return [
    ...((name ?? null) === null || isClass
      ? []
      : [problem(`Expected "${ANY_CLASSES[0]}", got ${shown(name)}.`, '/tokenizer_class')]),
    ...(disagrees
      ? [problem(`Expected ${shown(own)} as in tokenizer.json, got ${shown(prefix)}.`, '/add_prefix_space')]
      : []),
    ...codeProblems(config, problem),
  ];
}

function codeProblems({ auto_map: code }: Json, problem: Problem): Diagnostic[] {
  if (((code as Json | null | undefined)?.['AutoTokenizer'] ?? null) === null) return [];
  return [problem('This tokenizer needs code of its own, which Retort does not run.', '/auto_map')];
}

function isListOfSpecials(list: unknown): boolean {
  return Array.isArray(list) && list.every((token) => typeof token === 'string' && isSpecialToken(token));
}

/** Tokens by their part, from a `tokenizer_config.json` or a `special_tokens_map.json`; the five of a BERT must have their own names. */
export function namedTokens(json: Json, problem: Problem): { named: NamedToken[]; problems: Diagnostic[] } {
  const all = Object.entries(json).flatMap(([member, value]) => {
    const values =
      LISTS.includes(member) && typeof value === 'object' && value !== null ? Object.values(value) : [value];
    if (!LISTS.includes(member) && !member.endsWith('_token')) return [];
    return values.flatMap((token) => {
      const content = contentOf(token);
      return content === undefined ? [] : [{ member, content }];
    });
  });
  return {
    named: all.filter(({ member }) => !Object.hasOwn(ROLES, member)),
    problems: all
      .filter(({ member, content }) => Object.hasOwn(ROLES, member) && ROLES[member] !== content)
      .map(({ member, content }) => problem(`Expected "${ROLES[member]}", got ${shown(content)}.`, `/${member}`)),
  };
}

function roleOf(member: string): keyof SpecialTokens {
  return member.replace('_token', '') as keyof SpecialTokens;
}

/** Tokens by their part in a tokenizer of another kind than BERT's. */
export function namedSpecials(json: Json): Partial<SpecialTokens> {
  const named = Object.keys(ROLES).flatMap((member) => {
    const content = contentOf(json[member]);
    return content === undefined ? [] : [[roleOf(member), content] as const];
  });
  return Object.fromEntries(named);
}

function contentOf(token: unknown): string | undefined {
  const content = typeof token === 'object' && token !== null ? (token as Json)['content'] : token;
  return typeof content === 'string' ? content : undefined;
}

export function formatTokenizerConfig(vocabulary: Vocabulary): string {
  if ('json' in vocabulary) {
    const special = specialTokens(vocabulary);
    const named = Object.keys(ROLES).map((member) => [member, special[roleOf(member)]]);
    const config = {
      tokenizer_class: ANY_CLASSES[0],
      // This class leaves segments out otherwise.
      model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
      ...Object.fromEntries(named),
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
  }
  const { tokens, normalizer, added = [] } = vocabulary;
  const { lowercase, stripAccents, handleChineseChars } = normalizer;
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: lowercase,
    strip_accents: stripAccents ?? null,
    tokenize_chinese_chars: handleChineseChars,
    ...ROLES,
    ...(added.length > 0 && {
      added_tokens_decoder: Object.fromEntries(addedTokens({ tokens, added }).map(({ id, ...token }) => [id, token])),
    }),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** All that is looked for before words are, as HuggingFace writes it, in id order. */
export function addedTokens({ tokens, added = [] }: Pick<WordPieceVocabulary, 'tokens' | 'added'>) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const plain = SPECIAL_TOKENS.filter(
    (content) => ids.has(content) && !added.some((token) => token.content === content),
  );
  return [...plain.map((content) => ({ content, singleWord: false, normalized: false, special: true })), ...added]
    .map(({ content, singleWord, normalized, special }) => ({
      id: ids.get(content) as number,
      content,
      single_word: singleWord,
      lstrip: false,
      rstrip: false,
      normalized,
      special,
    }))
    .sort((a, b) => a.id - b.id);
}
