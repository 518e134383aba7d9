import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { type Addition, LONGEST_TOKEN, readAdditions } from './added-tokens.ts';
import { inIdOrder, isObject, type Json, MOST_CHARACTERS_PER_WORD, type Problem, templateText } from './json-parts.ts';
import { addedTokens, type TruncationSide, truncationSide } from './tokenizer-config.ts';
import { DEFAULT_MAX_CHARACTERS_PER_WORD, type NormalizerSettings, type Vocabulary } from './vocabulary.ts';

/** What a `tokenizer.json` says of a BERT's ids. How many tokens the file truncates and pads to is not used. */
export interface TokenizerJson {
  readonly pieces: readonly string[];
  readonly normalizer: NormalizerSettings;
  readonly maxCharactersPerWord: number;
  readonly additions: readonly Addition[];
  /** Where truncation, when somebody switches it on, takes tokens away. */
  readonly truncationSide?: TruncationSide;
}

/** What is wrong with the file, all of it, where it is not the tokenizer of a BERT. */
export function parseTokenizerJson(json: unknown, problem: Problem): TokenizerJson | readonly Diagnostic[] {
  if (!isObject(json)) return [problem('Expected a JSON object.')];
  const [model, normalizer] = [objectAt(json, 'model'), objectAt(json, 'normalizer')];
  const pieces = isObject(model['vocab']) ? inIdOrder(model['vocab']) : undefined;
  const truncation = objectAt(json, 'truncation');
  const side = truncationSide(truncation['direction']);
  const { additions, problems } = readAdditions(json['added_tokens'], '/added_tokens', problem);
  const all = [
    ...kindProblems({ json, model, normalizer }, problem),
    ...(pieces === undefined ? [vocabularyProblem(model['vocab'], problem)] : []),
    ...(pieces?.some((token) => token.length > LONGEST_TOKEN)
      ? [problem(`A token is longer than ${LONGEST_TOKEN} characters.`, '/model/vocab')]
      : []),
    ...problems,
    ...(side === 'unknown'
      ? [problem(`Expected "Left" or "Right", got ${shown(truncation['direction'])}.`, '/truncation/direction')]
      : []),
    ...templateProblems(json['post_processor'], pieces ?? [], problem),
  ];
  if (pieces === undefined || all.length > 0 || side === 'unknown') return all;
  return {
    pieces,
    additions,
    normalizer: normalizerOf(normalizer),
    maxCharactersPerWord: (model['max_input_chars_per_word'] as number | undefined) ?? DEFAULT_MAX_CHARACTERS_PER_WORD,
    ...(side !== undefined && { truncationSide: side }),
  };
}

/** The `tokenizer.json` of a vocabulary, truncation and padding switched off. */
export function formatTokenizerFile(vocabulary: Vocabulary): string {
  if ('json' in vocabulary) return JSON.stringify(vocabulary.json);
  const { tokens, normalizer, maxCharactersPerWord, pieceCount } = vocabulary;
  const processor = {
    type: 'BertProcessing',
    sep: ['[SEP]', tokens.indexOf('[SEP]')],
    cls: ['[CLS]', tokens.indexOf('[CLS]')],
  };
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: normalizer.cleanText,
      handle_chinese_chars: normalizer.handleChineseChars,
      strip_accents: normalizer.stripAccents ?? null,
      lowercase: normalizer.lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: processor,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: maxCharactersPerWord,
      vocab: Object.fromEntries(tokens.slice(0, pieceCount).map((token, id) => [token, id])),
    },
  });
}

function objectAt(json: Json, member: string): Json {
  return isObject(json[member]) ? json[member] : {};
}

const FLAGS = ['lowercase', 'strip_accents', 'clean_text', 'handle_chinese_chars'] as const;

function kindProblems(
  { json, model, normalizer }: Record<'json' | 'model' | 'normalizer', Json>,
  problem: Problem,
): Diagnostic[] {
  const wanted: [string, unknown, string][] = [
    ['/model/type', model['type'], 'WordPiece'],
    ['/model/unk_token', model['unk_token'] ?? '[UNK]', '[UNK]'],
    ['/model/continuing_subword_prefix', model['continuing_subword_prefix'] ?? '##', '##'],
    ['/normalizer/type', normalizer['type'], 'BertNormalizer'],
    ['/pre_tokenizer/type', objectAt(json, 'pre_tokenizer')['type'], 'BertPreTokenizer'],
  ];
  const most = model['max_input_chars_per_word'] ?? DEFAULT_MAX_CHARACTERS_PER_WORD;
  const isCount = Number.isSafeInteger(most) && (most as number) >= 1 && (most as number) <= MOST_CHARACTERS_PER_WORD;
  return [
    ...wanted
      .filter(([, got, expected]) => got !== expected)
      .map(([pointer, got, expected]) => problem(`Expected "${expected}", got ${shown(got)}.`, pointer)),
    ...(isCount
      ? []
      : [problem(`Expected 1 to ${MOST_CHARACTERS_PER_WORD}, got ${shown(most)}.`, '/model/max_input_chars_per_word')]),
    ...FLAGS.filter((flag) => !['boolean', 'undefined'].includes(typeof (normalizer[flag] ?? undefined))).map((flag) =>
      problem(`Expected true, false or null, got ${shown(normalizer[flag])}.`, `/normalizer/${flag}`),
    ),
  ];
}

function normalizerOf(normalizer: Json): NormalizerSettings {
  const [lowercase, stripAccents, cleanText, handleChineseChars] = FLAGS.map(
    (flag) => (normalizer[flag] ?? undefined) as boolean | undefined,
  );
  return {
    lowercase: lowercase ?? true,
    cleanText: cleanText ?? true,
    handleChineseChars: handleChineseChars ?? true,
    ...(stripAccents !== undefined && { stripAccents }),
  };
}

function vocabularyProblem(vocab: unknown, problem: Problem): Diagnostic {
  const count = isObject(vocab) ? Object.keys(vocab).length : 0;
  const message = count === 0 ? 'The vocabulary is empty.' : `Expected the ids 0 to ${count - 1}, each once.`;
  return { ...problem(message, '/model/vocab'), code: 'TOKENIZER_VOCABULARY', message };
}

const TEMPLATE = { single: '[CLS]:0 A:0 [SEP]:0', pair: '[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1' };

/** What stands around a text and a pair, and in which segment. */
function templateProblems(processor: unknown, pieces: readonly string[], problem: Problem): Diagnostic[] {
  const { type, single, pair, special_tokens: tokens, cls, sep } = isObject(processor) ? processor : {};
  const pointer = '/post_processor';
  const ids = (token: string) => {
    const id = pieces.indexOf(token);
    return id === -1 ? undefined : id;
  };
  if (type === 'BertProcessing') {
    const isOwn = [['[CLS]', cls] as const, ['[SEP]', sep] as const].every(
      ([token, given]) => Array.isArray(given) && given[0] === token && given[1] === (ids(token) ?? given[1]),
    );
    return isOwn ? [] : [problem('Expected [CLS] and [SEP] with their ids from the vocabulary.', pointer)];
  }
  if (type !== 'TemplateProcessing')
    return [problem(`Expected "BertProcessing" or "TemplateProcessing", got ${shown(type)}.`, `${pointer}/type`)];
  const wrong = Object.entries(TEMPLATE).find(
    ([name, expected]) => templateText(name === 'pair' ? pair : single) !== expected,
  );
  if (wrong !== undefined)
    return [
      problem(
        `Expected ${wrong[1]}, got ${shown(templateText(wrong[0] === 'pair' ? pair : single))}.`,
        `${pointer}/${wrong[0]}`,
      ),
    ];
  const moved = ['[CLS]', '[SEP]'].filter((token) => {
    const given = isObject(tokens) && isObject(tokens[token]) ? tokens[token]['ids'] : undefined;
    return JSON.stringify(given) !== JSON.stringify([ids(token) ?? (given as number[] | undefined)?.[0]]);
  });
  if (moved.length === 0) return [];
  return [problem(`Expected ${moved.join(' and ')} to have the ids from the vocabulary.`, `${pointer}/special_tokens`)];
}
