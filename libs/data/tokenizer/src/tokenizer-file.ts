import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { additionsProblems, LONGEST_TOKEN, readAdditions } from './added-tokens.ts';
import { readFrame } from './frame.ts';
import { inIdOrder, isObject, type Json, MOST_CHARACTERS_PER_WORD, type Problem } from './json-parts.ts';
import { stepProblems } from './text-steps.ts';
import type { FileVocabulary, SpecialTokens } from './vocabulary.ts';

/** Names of special tokens that files beside the `tokenizer.json` give. */
export type NamedSpecials = Partial<SpecialTokens>;

/** Whether a `tokenizer.json` is one of BERT, all of whose parts are read and judged one by one. */
export function isBertTokenizer(json: unknown): boolean {
  if (!isObject(json)) return true;
  const [model, normalizer, before] = [json['model'], json['normalizer'], json['pre_tokenizer']].map((part) =>
    isObject(part) ? part : {},
  ) as [Json, Json, Json];
  const isOwn =
    model['type'] === 'WordPiece' &&
    normalizer['type'] === 'BertNormalizer' &&
    before['type'] === 'BertPreTokenizer' &&
    (model['unk_token'] ?? '[UNK]') === '[UNK]' &&
    (model['continuing_subword_prefix'] ?? '##') === '##';
  const has = (token: string) => isObject(model['vocab']) && Object.hasOwn(model['vocab'], token);
  return isOwn && (has('[CLS]') || !has('<s>'));
}

/** What a `tokenizer.json` of another kind than BERT's says, or all that is wrong with it. */
export function parseTokenizerFile(
  json: Json,
  named: NamedSpecials,
  problem: Problem,
): FileVocabulary | readonly Diagnostic[] {
  const model = isObject(json['model']) ? json['model'] : {};
  const pieces = piecesOf(model);
  if (pieces === undefined) return [vocabularyProblem(model, problem), ...stepProblems(json, problem)];
  const read = readAdditions(json['added_tokens'], '/added_tokens', problem);
  const problems = [
    ...modelProblems(model, pieces, problem),
    ...stepProblems(json, problem),
    ...decoderProblems(json['decoder'], problem),
    ...read.problems,
    ...additionsProblems(pieces, read.additions, problem),
  ];
  const behind = read.additions.filter(({ id }) => id >= pieces.length).sort((a, b) => a.id - b.id);
  const tokens = [...pieces, ...behind.map(({ content }) => content)];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const frame = readFrame(json['post_processor'], (token) => ids.get(token), problem);
  if (!('cls' in frame)) return [...problems, frame];
  const unknown = typeof model['unk_id'] === 'number' ? tokens[model['unk_id']] : model['unk_token'];
  const special: SpecialTokens = {
    pad: named.pad ?? usual(['<pad>', '[PAD]'], ids),
    unk: named.unk ?? (typeof unknown === 'string' ? unknown : usual(['<unk>', '[UNK]'], ids)),
    mask: named.mask ?? usual(['<mask>', '[MASK]'], ids),
    cls: frame.cls,
    sep: frame.sep,
  };
  for (const part of ['cls', 'sep'] as const)
    if (named[part] !== undefined && named[part] !== frame[part])
      problems.push(
        problem(
          `Expected ${part}_token ${shown(named[part])} around texts, got ${shown(frame[part])}.`,
          '/post_processor',
        ),
      );
  if (problems.length > 0) return problems.slice(0, 20);
  const { truncation: _truncation, padding: _padding, ...rest } = json;
  const added = (json['added_tokens'] as readonly object[] | null | undefined) ?? [];
  const whole = added.map((token) => ({ ...PLAIN_TOKEN, ...token }));
  const own = { version: '1.0', truncation: null, padding: null, added_tokens: whole };
  return { json: { ...rest, ...own }, tokens, special, frame };
}

/** What the library has to be told of an added token, and files may leave out. */
const PLAIN_TOKEN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };

function usual(names: readonly string[], ids: ReadonlyMap<string, number>): string {
  return names.find((name) => ids.has(name)) ?? (names[0] as string);
}

/** Of the model proper, by ids, which must be 0, 1, 2 and so on, each once. */
function piecesOf({ type, vocab }: Json): string[] | undefined {
  if (type === 'Unigram') {
    const isPiece = (entry: unknown) =>
      Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Number.isFinite(entry[1]);
    return Array.isArray(vocab) && vocab.length > 0 && vocab.every(isPiece) ? vocab.map(([piece]) => piece) : undefined;
  }
  return KINDS.includes(type as string) && isObject(vocab) ? inIdOrder(vocab) : undefined;
}

const KINDS = ['WordPiece', 'BPE', 'Unigram', 'WordLevel'];

function vocabularyProblem(model: Json, problem: Problem): Diagnostic {
  if (!KINDS.includes(model['type'] as string))
    return problem(`Expected one of ${KINDS.join(', ')}, got ${shown(model['type'])}.`, '/model/type');
  const expected = model['type'] === 'Unigram' ? 'a list of [piece, score]' : 'tokens with consecutive ids from 0';
  return { ...problem(`Expected ${expected}.`, '/model/vocab'), code: 'TOKENIZER_VOCABULARY' };
}

function modelProblems(model: Json, pieces: readonly string[], problem: Problem): Diagnostic[] {
  const at = (member: string, message: string) => problem(message, `/model/${member}`);
  const { type, dropout, unk_id: unknownId, unk_token: unknown } = model;
  const problems = [];
  if (pieces.some((token) => token.length > LONGEST_TOKEN))
    problems.push(at('vocab', `A token is longer than ${LONGEST_TOKEN} characters.`));
  if (type === 'BPE' && (dropout ?? 0) !== 0)
    problems.push(
      at(
        'dropout',
        `Expected null, got ${shown(dropout)}. With dropout, the same text gets different tokens each time.`,
      ),
    );
  const isPiece = Number.isInteger(unknownId) && (unknownId as number) >= 0 && (unknownId as number) < pieces.length;
  if (type === 'Unigram' && !isPiece)
    problems.push(at('unk_id', `Expected the id of a piece, got ${shown(unknownId)}.`));
  const needsUnknown = type === 'WordPiece' || type === 'WordLevel';
  if ((needsUnknown || (unknown ?? null) !== null) && type !== 'Unigram' && !pieces.includes(unknown as string))
    problems.push(at('unk_token', `Expected a token of the vocabulary, got ${shown(unknown)}.`));
  const most = model['max_input_chars_per_word'] ?? 100;
  const isCount = Number.isSafeInteger(most) && (most as number) >= 1 && (most as number) <= MOST_CHARACTERS_PER_WORD;
  if (type === 'WordPiece' && !isCount)
    problems.push(at('max_input_chars_per_word', `Expected 1 to ${MOST_CHARACTERS_PER_WORD}, got ${shown(most)}.`));
  return problems;
}

/** Decoders are judged by the library, but for patterns that might not end. */
function decoderProblems(decoder: unknown, problem: Problem): Diagnostic[] {
  const hasPattern = JSON.stringify(decoder ?? null).includes('"Regex"');
  return hasPattern ? [problem('Expected a decoder without a pattern ("Regex").', '/decoder')] : [];
}
