import { type Diagnostic, InvalidInputError } from '@retort/diagnostics';
import { SPECIAL_TOKENS, type Vocabulary } from './vocabulary.ts';

/** The parts of a `tokenizer.json` (HuggingFace) that decide a BERT's ids. Truncation and padding in the file are not used. */
interface TokenizerJson {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
  readonly normalizer?: {
    readonly type: string;
    readonly lowercase?: boolean;
    readonly strip_accents?: boolean | null;
    readonly clean_text?: boolean;
    readonly handle_chinese_chars?: boolean;
  } | null;
  readonly pre_tokenizer?: { readonly type: string } | null;
  readonly model?: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, number>>;
    readonly continuing_subword_prefix?: string;
    readonly max_input_chars_per_word?: number;
  };
}

/** @throws InvalidInputError with all reasons why the file is not the tokenizer of a BERT */
export function parseTokenizerJson(text: string, file: string): Vocabulary {
  const json = parse(text, file);
  const problems = [...kindProblems(json), ...vocabularyProblems(json)];
  if (problems.length > 0)
    throw new InvalidInputError(problems.map((problem) => ({ ...problem, location: { file, ...problem.location } })));
  const { normalizer, model } = json as Required<TokenizerJson>;
  const stripAccents = normalizer?.strip_accents ?? undefined;
  return {
    tokens: inIdOrder(model.vocab ?? {}),
    normalizer: {
      lowercase: normalizer?.lowercase ?? true,
      cleanText: normalizer?.clean_text ?? true,
      handleChineseChars: normalizer?.handle_chinese_chars ?? true,
      ...(stripAccents !== undefined && { stripAccents }),
    },
    maxCharactersPerWord: model.max_input_chars_per_word ?? 100,
  };
}

/** The `tokenizer.json` of a vocabulary: a BERT tokenizer, truncation and padding switched off. */
export function formatTokenizerJson({ tokens, normalizer, maxCharactersPerWord }: Vocabulary): string {
  const special = SPECIAL_TOKENS.map((content) => ({ id: tokens.indexOf(content), content }))
    .filter(({ id }) => id !== -1)
    .sort((a, b) => a.id - b.id)
    .map((token) => ({ ...token, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }));
  const processor = {
    type: 'BertProcessing',
    sep: ['[SEP]', tokens.indexOf('[SEP]')],
    cls: ['[CLS]', tokens.indexOf('[CLS]')],
  };
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
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
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  });
}

function parse(text: string, file: string): TokenizerJson {
  try {
    return JSON.parse(text) as TokenizerJson;
  } catch (error) {
    throw new InvalidInputError([
      { code: 'TOKENIZER_SYNTAX', message: `Not JSON: ${(error as Error).message}.`, location: { file } },
    ]);
  }
}

function kindProblems({ model, normalizer, pre_tokenizer, added_tokens = [] }: TokenizerJson): Diagnostic[] {
  const wanted: [string, string | undefined, string][] = [
    ['/model/type', model?.type, 'WordPiece'],
    ['/normalizer/type', normalizer?.type, 'BertNormalizer'],
    ['/pre_tokenizer/type', pre_tokenizer?.type, 'BertPreTokenizer'],
    ['/model/continuing_subword_prefix', model?.continuing_subword_prefix ?? '##', '##'],
  ];
  const wrong = wanted
    .filter(([, got, expected]) => got !== expected)
    .map(([pointer, got, expected]) =>
      unsupported(pointer, `Expected "${expected}", got ${got === undefined ? 'nothing' : `"${got}"`}.`),
    );
  const others = added_tokens.filter(({ content }) => !(SPECIAL_TOKENS as readonly string[]).includes(content));
  return others.length === 0
    ? wrong
    : [
        ...wrong,
        unsupported(
          '/added_tokens',
          `Only ${SPECIAL_TOKENS.join(', ')} are supported, got ${others.map(({ content }) => content).join(', ')}.`,
        ),
      ];
}

function unsupported(pointer: string, message: string): Diagnostic {
  return {
    code: 'TOKENIZER_UNSUPPORTED',
    message: `${message} Retort reads the tokenizers of BERT models.`,
    location: { pointer },
  };
}

function vocabularyProblems({ model }: TokenizerJson): Diagnostic[] {
  const ids = Object.values(model?.vocab ?? {});
  const isDense =
    new Set(ids).size === ids.length && ids.every((id) => Number.isInteger(id) && id >= 0 && id < ids.length);
  if (ids.length > 0 && isDense) return [];
  const message = ids.length === 0 ? 'The vocabulary is empty.' : `Expected the ids 0 to ${ids.length - 1}, each once.`;
  return [{ code: 'TOKENIZER_VOCABULARY', message, location: { pointer: '/model/vocab' } }];
}

function inIdOrder(vocab: Readonly<Record<string, number>>): string[] {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  return tokens;
}
