import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Diagnostic, firstFew, InvalidInputError, shown } from '@retort/foundation/diagnostics';
import { readWholeJson, readWholeText } from '@retort/texts/lines';
import { type Addition, decoderEntries, mapEntries, readAdditions, withAdditions } from './added-tokens.ts';
import { additionProblems, settingProblems, tokenProblems } from './agreement.ts';
import { isObject, type Json } from './json-parts.ts';
import {
  classProblems,
  configProblems,
  namedSpecials,
  namedTokens,
  normalizerSettings,
  otherConfigProblems,
  type TruncationSide,
  truncationSide,
} from './tokenizer-config.ts';
import { isBertTokenizer, parseTokenizerFile } from './tokenizer-file.ts';
import { parseTokenizerJson, type TokenizerJson } from './tokenizer-json.ts';
import { unreachableWarning } from './unreachable-tokens.ts';
import { DEFAULT_MAX_CHARACTERS_PER_WORD, DEFAULT_NORMALIZER, specialIds, type Vocabulary } from './vocabulary.ts';
import { parseVocabularyText } from './vocabulary-text.ts';

/** The largest vocabulary of a BERT, LaBSE's half a million tokens, has 5 MiB as text and 10 as JSON. */
const LARGEST = 64 << 20;
const TOKENIZER_LIMITS = { bytes: LARGEST, depth: 16, values: 2_200_000 };
const SETTINGS_LIMITS = { bytes: 16 << 20, depth: 10, values: 250_000 };

/**
 * Reads the vocabulary of a tokenizer, without the library that runs it: for checks before anything runs. See
 * `loadTokenizer` for what is read, and what is refused.
 */
export async function loadVocabulary(path: string): Promise<Vocabulary> {
  return (await readTokenizer(path)).vocabulary;
}

async function readTokenizer(path: string): Promise<{ vocabulary: Vocabulary; truncationSide: TruncationSide }> {
  const files = await tokenizerFilesAt(path);
  const problems: Diagnostic[] = [];
  const raw = await readRawJson(files.json, problems);
  if (raw !== undefined && !isBertTokenizer(raw)) return readOtherTokenizer(raw as Json, files);
  problems.unshift(...otherProblems(path, files.others));
  const json = raw === undefined ? undefined : parseJson(raw, files.json as string, problems);
  const pieces = files.text === undefined ? undefined : await readPieces(files.text, problems);
  const settings = await readSettings(files, problems);
  const found = json ?? (pieces === undefined ? undefined : fromText(pieces, settings));
  if (found !== undefined && json !== undefined)
    problems.push(
      ...tokenProblems({ json, tokens: pieces, file: files.text }),
      ...settingProblems({ json, settings: settings.normalizer, file: files.config }),
      ...additionProblems(json.additions, settings),
    );
  if (found === undefined || problems.length > 0) throw new InvalidInputError(problems);
  const file = files.json ?? files.text ?? path;
  const additions = json?.additions ?? settings.decoder?.additions ?? settings.map?.additions ?? [];
  const complete = withAdditions(found.pieces, additions, settings.named, problemOf(file));
  if (!('tokens' in complete)) throw new InvalidInputError(complete);
  const { tokens, added } = complete;
  const vocabulary = {
    tokens,
    normalizer: found.normalizer,
    maxCharactersPerWord: found.maxCharactersPerWord,
    ...(added.length > 0 && { added }),
    ...(tokens.length > found.pieces.length && { pieceCount: found.pieces.length }),
  };
  // As transformers has it, which takes the file's own side where nothing else is said.
  return { vocabulary, truncationSide: settings.truncationSide ?? json?.truncationSide ?? 'right' };
}

/** A tokenizer that is what its `tokenizer.json` says; files beside it only name tokens, and must not say otherwise. */
async function readOtherTokenizer(
  json: Json,
  files: TokenizerFiles,
): Promise<{ vocabulary: Vocabulary; truncationSide: TruncationSide }> {
  const problems: Diagnostic[] = [];
  const [config, specials] = [
    await readSettingsFile(files.config, problems),
    await readSettingsFile(files.specials, problems),
  ];
  const problem = otherProblemOf(files.json as string);
  const configProblem = otherProblemOf(files.config ?? '');
  const named = { ...namedSpecials(specials), ...namedSpecials(config) };
  const vocabulary = parseTokenizerFile(json, named, problem);
  if (!('tokens' in vocabulary)) problems.push(...vocabulary);
  problems.push(...otherConfigProblems(config, json, configProblem));
  const known = readAdditions(json['added_tokens'], '/added_tokens', problem).additions;
  const decoder = decoderEntries(config['added_tokens_decoder']);
  const beside = readAdditions(decoder, '/added_tokens_decoder', configProblem);
  problems.push(
    ...beside.problems,
    ...additionProblems(known, { decoder: { file: files.config ?? '', additions: beside.additions } }),
  );
  const sides = [config['truncation_side'], (json['truncation'] as Json | null | undefined)?.['direction']];
  if (sides.some((side) => truncationSide(side) === 'unknown'))
    problems.push(problem(`Expected the truncation side "left" or "right", got ${shown(sides)}.`));
  if (!('tokens' in vocabulary) || problems.length > 0) throw new InvalidInputError(problems);
  const side = truncationSide(sides[0]) ?? truncationSide(sides[1]) ?? 'right';
  return { vocabulary, truncationSide: side as TruncationSide };
}

export interface InspectedTokenizer {
  readonly vocabulary: Vocabulary;
  /** What a person should look into, although ids can be computed. */
  readonly warnings: readonly string[];
}

/** A vocabulary with what is strange about it, or what is wrong with it. */
export async function inspectTokenizer(path: string): Promise<InspectedTokenizer | readonly Diagnostic[]> {
  try {
    const { vocabulary, truncationSide: side } = await readTokenizer(path);
    specialIds(vocabulary, path);
    const unreachable = 'json' in vocabulary ? undefined : unreachableWarning(vocabulary);
    return {
      vocabulary,
      warnings: [...(unreachable === undefined ? [] : [unreachable]), ...(side === 'left' ? [CUT_AT_THE_LEFT] : [])],
    };
  } catch (error) {
    if (error instanceof InvalidInputError) return error.diagnostics;
    throw error;
  }
}

const CUT_AT_THE_LEFT =
  'This tokenizer truncates long texts at the start (its truncation side is left), but Retort truncates at the end. Truncated rows would have different tokens from those the model was trained on. Choose a "maxSequenceLength" that fits every row, or shorten the texts yourself.';

export interface TokenizerFiles {
  readonly json?: string;
  readonly text?: string;
  readonly config?: string;
  readonly specials?: string;
  readonly added?: string;
  /** `config.json` of the model, which may name the tokenizer's class. */
  readonly model?: string;
  /** Names of files that tokenizers of other kinds have beside their `tokenizer.json`. */
  readonly others: readonly string[];
}

const NAMES = {
  json: 'tokenizer.json',
  text: 'vocab.txt',
  config: 'tokenizer_config.json',
  specials: 'special_tokens_map.json',
  added: 'added_tokens.json',
  model: 'config.json',
} as const;

/** Files of SentencePiece and BPE: a vocabulary beside them is not WordPiece's. */
const OTHER_TOKENIZERS = /^(.*\.model|spiece.*|sentencepiece.*|bpe\.codes|merges\.txt|.*\.bpe)$/;

export async function tokenizerFilesAt(path: string): Promise<TokenizerFiles> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const names = await readdir(path);
    const present = Object.fromEntries(
      Object.entries(NAMES).flatMap(([key, name]) => (names.includes(name) ? [[key, join(path, name)]] : [])),
    );
    const others = names.filter((name) => OTHER_TOKENIZERS.test(name)).sort();
    if (present['json'] ?? present['text']) return { ...present, others };
    if (others.length > 0 || names.includes('vocab.json')) throw new InvalidInputError([needsConversion(path, others)]);
  } else if (found) {
    return { ...(basename(path).endsWith('.json') ? { json: path } : { text: path }), others: [] };
  }
  const message = found
    ? 'Neither "vocab.txt" nor "tokenizer.json" is in this folder.'
    : 'There is no such file or folder.';
  throw new InvalidInputError([
    {
      code: 'TOKENIZER_MISSING',
      message: `${message} Give the folder of a tokenizer.`,
      location: { file: path },
    },
  ]);
}

/** Vocabularies of SentencePiece and BPE alone: transformers makes a `tokenizer.json` of them. */
function needsConversion(folder: string, names: readonly string[]): Diagnostic {
  const found = firstFew(names.length > 0 ? names : ['vocab.json'], 3);
  return {
    code: 'TOKENIZER_NEEDS_CONVERSION',
    message: `Found ${found}, but no tokenizer.json. Create one in that folder (pip install transformers sentencepiece protobuf):\n${TO_JSON}`,
    location: { file: folder },
  };
}

const TO_JSON = `python3 -c "from transformers import AutoTokenizer as A; A.from_pretrained('.', use_fast=True).save_pretrained('.')"`;

function otherProblems(folder: string, names: readonly string[]): Diagnostic[] {
  if (names.length === 0) return [];
  const message = `Found ${firstFew(names, 3)} of another kind of tokenizer beside WordPiece's vocab.txt. Remove the files that the model was not trained with.`;
  return [problemOf(folder)(message)];
}

function problemOf(file: string): (message: string, pointer?: string) => Diagnostic {
  const problem = otherProblemOf(file);
  return (message, pointer) => problem(`${message} For a tokenizer of another kind, add a tokenizer.json.`, pointer);
}

function otherProblemOf(file: string): (message: string, pointer?: string) => Diagnostic {
  return (message, pointer) => ({
    code: 'TOKENIZER_UNSUPPORTED',
    message,
    location: { file, ...(pointer !== undefined && { pointer }) },
  });
}

function unreadable(file: string, message: string): Diagnostic {
  return { code: 'TOKENIZER_UNREADABLE', message, location: { file } };
}

async function readRawJson(file: string | undefined, problems: Diagnostic[]): Promise<unknown> {
  if (file === undefined) return undefined;
  const { json, problem } = await readWholeJson(file, TOKENIZER_LIMITS);
  if (problem !== undefined) problems.push(unreadable(file, problem));
  return json;
}

function parseJson(json: unknown, file: string, problems: Diagnostic[]): TokenizerJson | undefined {
  const parsed = parseTokenizerJson(json, problemOf(file));
  if ('pieces' in parsed) return parsed;
  problems.push(...parsed);
  return undefined;
}

async function readPieces(file: string, problems: Diagnostic[]): Promise<readonly string[] | undefined> {
  const { text, problem } = await readWholeText(file, LARGEST);
  const parsed = problem === undefined ? parseVocabularyText(text, file) : [unreadable(file, problem)];
  if ('tokens' in parsed) return parsed.tokens;
  problems.push(...parsed);
  return undefined;
}

/** What the files beside a vocabulary say of it. */
export interface TokenizerSettings {
  readonly normalizer: ReturnType<typeof normalizerSettings>;
  readonly named: ReturnType<typeof namedTokens>['named'];
  readonly truncationSide?: TruncationSide;
  /** Of `tokenizer_config.json` and of `added_tokens.json`. */
  readonly decoder?: AdditionFile;
  readonly map?: AdditionFile;
}

export interface AdditionFile {
  readonly file: string;
  readonly additions: readonly Addition[];
}

async function readSettingsFile(file: string | undefined, problems: Diagnostic[]): Promise<Json> {
  if (file === undefined) return {};
  const { json, problem } = await readWholeJson(file, SETTINGS_LIMITS);
  if (problem === undefined && isObject(json)) return json;
  problems.push(unreadable(file, problem ?? `Expected a JSON object, got ${shown(json)}.`));
  return {};
}

async function readSettings(files: TokenizerFiles, problems: Diagnostic[]): Promise<TokenizerSettings> {
  const read = (file: string | undefined) => readSettingsFile(file, problems);
  const [config, specials] = [await read(files.config), await read(files.specials)];
  const named = [[config, files.config] as const, [specials, files.specials] as const].flatMap(([json, file = '']) => {
    const found = namedTokens(json, problemOf(file));
    problems.push(...found.problems);
    return found.named;
  });
  const hasJson = files.json !== undefined;
  problems.push(...configProblems(config, hasJson, problemOf(files.config ?? '')));
  if (files.model !== undefined && config['tokenizer_class'] == null) {
    // What else is wrong with this file is the model's matter.
    const { json } = await readWholeJson(files.model, SETTINGS_LIMITS);
    if (isObject(json)) problems.push(...classProblems(json, hasJson, problemOf(files.model)));
  }
  const additions = (file: string | undefined, list: unknown, pointer: string): AdditionFile | undefined => {
    if (file === undefined || list === undefined) return undefined;
    const found = readAdditions(list, pointer, problemOf(file));
    problems.push(...found.problems);
    return { file, additions: found.additions };
  };
  const decoder = additions(files.config, decoderEntries(config['added_tokens_decoder']), '/added_tokens_decoder');
  const map =
    files.added === undefined ? undefined : additions(files.added, mapEntries(await read(files.added), named), '');
  if (decoder !== undefined && map !== undefined)
    problems.push(...additionProblems(decoder.additions, { map }, decoder.file));
  const side = truncationSide(config['truncation_side']);
  return {
    normalizer: normalizerSettings(config),
    ...(side !== undefined && side !== 'unknown' && { truncationSide: side }),
    named: [...new Map(named.map((token) => [token.content, token])).values()],
    ...(decoder && { decoder }),
    ...(map && { map }),
  };
}

function fromText(pieces: readonly string[], { normalizer }: TokenizerSettings) {
  return {
    pieces,
    normalizer: { ...DEFAULT_NORMALIZER, ...normalizer },
    maxCharactersPerWord: DEFAULT_MAX_CHARACTERS_PER_WORD,
  };
}
