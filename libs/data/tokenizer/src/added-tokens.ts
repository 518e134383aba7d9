import { type Diagnostic, firstFew, shown } from '@retort/foundation/diagnostics';
import type { Problem } from './json-parts.ts';
import { type AddedToken, isSpecialToken, SPECIAL_TOKENS } from './vocabulary.ts';

/** Longest token that is read, and most of them that a model adds to its vocabulary. */
export const LONGEST_TOKEN = 1000;
const MOST_ADDED = 10_000;

/** A token that one of a tokenizer's files adds. */
export interface Addition extends AddedToken {
  readonly id: number;
}

/** A token that a file gives a part to play, `sep_token` or `additional_special_tokens`. */
export interface NamedToken {
  readonly member: string;
  readonly content: string;
}

type Read = { readonly additions: readonly Addition[]; readonly problems: readonly Diagnostic[] };

/** `added_tokens` of a `tokenizer.json`, or `added_tokens_decoder` of a `tokenizer_config.json` as a list. */
export function readAdditions(list: unknown, pointer: string, problem: Problem): Read {
  if (list === undefined || list === null) return { additions: [], problems: [] };
  if (!Array.isArray(list)) return { additions: [], problems: [problem('Expected a list of tokens.', pointer)] };
  if (list.length > MOST_ADDED)
    return {
      additions: [],
      problems: [problem(`Expected at most ${MOST_ADDED} added tokens, got ${list.length}.`, pointer)],
    };
  const additions: Addition[] = [];
  const problems: Diagnostic[] = [];
  for (const entry of list as readonly unknown[]) {
    const addition = readAddition(entry);
    if (addition === undefined)
      problems.push(problem(`Expected tokens with an id and a content, got ${shown(entry)}.`, pointer));
    else additions.push(addition);
  }
  return { additions, problems: problems.slice(0, 5) };
}

function readAddition(entry: unknown): Addition | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { id, content, single_word = false, normalized = false, special = false } = entry as Record<string, unknown>;
  if (!Number.isSafeInteger(id) || (id as number) < 0 || typeof content !== 'string') return undefined;
  if (typeof single_word !== 'boolean' || typeof normalized !== 'boolean' || typeof special !== 'boolean')
    return undefined;
  return { id: id as number, content, singleWord: single_word, normalized, special };
}

/** `{"128": {"content": …}}` as a list. */
export function decoderEntries(decoder: unknown): unknown {
  if (typeof decoder !== 'object' || decoder === null || Array.isArray(decoder)) return decoder;
  return Object.entries(decoder).map(([id, token]) => ({ ...(token as object), id: Number(id) }));
}

/** `added_tokens.json`: contents with their ids. As in transformers, text is normalized before a token that is not special is looked for. */
export function mapEntries(json: unknown, named: readonly NamedToken[]): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'none';
  const specials = new Set<string>([...SPECIAL_TOKENS, ...named.map(({ content }) => content)]);
  return Object.entries(json).map(([content, id]) => {
    const special = specials.has(content);
    return { id, content, special, normalized: !special };
  });
}

/** Tokens in id order and what is found in a text before it is split into words, beyond what every BERT has. */
export interface CompleteTokens {
  readonly tokens: readonly string[];
  readonly added: readonly AddedToken[];
}

/**
 * The pieces of a vocabulary with all that is added to them. Ids of added tokens are those of a piece, or follow the pieces
 * without a gap: a model has an embedding for every id.
 */
export function withAdditions(
  pieces: readonly string[],
  given: readonly Addition[],
  named: readonly NamedToken[],
  problem: Problem,
): CompleteTokens | readonly Diagnostic[] {
  const ids = new Map(pieces.map((token, id) => [token, id]));
  const known = new Set(given.map(({ content }) => content));
  const parts = named.filter(({ content }) => !isSpecialToken(content) && !known.has(content));
  const lost = parts.filter(({ content }) => !ids.has(content));
  const asSpecial = new Map(parts.map(({ content }) => [content, ids.get(content) as number]));
  const additions = [
    ...given,
    ...[...asSpecial].map(([content, id]) => ({ id, content, singleWord: false, normalized: false, special: true })),
  ];
  const problems = [
    ...lost.map(({ member, content }) =>
      problem(
        `${member} is ${shown(content)}, which is neither in the vocabulary nor among the added tokens, so it has no id.`,
      ),
    ),
    // Retort asks about the words between white space one by one.
    ...additions
      .filter(({ content }) => /\s/.test(content))
      .map(({ content }) =>
        problem(`The added token ${shown(content)} contains white space, which Retort does not support.`),
      ),
    ...additionsProblems(pieces, additions, problem),
  ];
  if (problems.length > 0) return problems.slice(0, 20);
  const behind = additions.filter(({ id }) => id >= pieces.length).sort((a, b) => a.id - b.id);
  return {
    tokens: [...pieces, ...behind.map(({ content }) => content)],
    added: additions
      .filter((token) => !isPlainSpecial(token))
      .sort((a, b) => a.id - b.id)
      .map(({ id: _id, ...token }) => token),
  };
}

/** Added tokens that are none, or whose ids are not those of a piece, or of what follows the pieces. */
export function additionsProblems(
  pieces: readonly string[],
  additions: readonly Addition[],
  problem: Problem,
): Diagnostic[] {
  return [
    ...additions.flatMap(({ id, content }) => {
      const why = contentProblem(content);
      if (why !== undefined) return [problem(`The added token ${shown(content)} ${why}.`)];
      const other = id < pieces.length ? pieces[id] : content;
      return other === content
        ? []
        : [problem(`The added token ${shown(content)} has the id ${id}, which belongs to ${shown(other)}.`)];
    }),
    ...gapProblems(pieces.length, additions, problem),
  ];
}

function contentProblem(content: string): string | undefined {
  if (content === '') return 'is empty';
  if (content.length > LONGEST_TOKEN)
    return `has ${content.length} characters, but at most ${LONGEST_TOKEN} are allowed`;
  return undefined;
}

function gapProblems(count: number, additions: readonly Addition[], problem: Problem): Diagnostic[] {
  const ids = additions.map(({ id }) => id);
  const contents = additions.map(({ content }) => content);
  if (new Set(ids).size < ids.length || new Set(contents).size < contents.length)
    return [problem('Two added tokens have the same id or the same content.')];
  const behind = ids.filter((id) => id >= count).sort((a, b) => a - b);
  const gap = behind.findIndex((id, i) => id !== count + i);
  if (gap === -1) return [];
  return [
    problem(
      `The vocabulary has ${count} tokens, so the ids of added tokens must follow from ${count} without a gap. Got ${firstFew(behind.map(String), 5)}.`,
    ),
  ];
}

/** One of the five, found in a text as it stands there: what every BERT does. */
function isPlainSpecial({ content, singleWord, normalized }: AddedToken): boolean {
  return isSpecialToken(content) && !singleWord && !normalized;
}
