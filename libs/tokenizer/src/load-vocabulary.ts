import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '@retort/diagnostics';
import { checkAgreement } from './agreement.ts';
import { parseTokenizerConfig, type TokenizerConfig } from './tokenizer-config.ts';
import { parseTokenizerJson } from './tokenizer-json.ts';
import { DEFAULT_MAX_CHARACTERS_PER_WORD, DEFAULT_NORMALIZER, type Vocabulary } from './vocabulary.ts';
import { parseVocabularyText } from './vocabulary-text.ts';

/**
 * Reads the vocabulary of a BERT tokenizer, without the library that runs it: for checks before anything runs. See
 * `loadTokenizer` for what is read, and what is refused.
 */
export async function loadVocabulary(path: string): Promise<Vocabulary> {
  const files = await tokenizerFilesAt(path);
  const [json, tokens] = [await readJson(files.json), await readTokens(files.text)];
  const config = await readConfig(files.config);
  if (json) checkAgreement({ json, tokens, config, files });
  return json ?? fromText(tokens as string[], config);
}

export interface TokenizerFiles {
  readonly json?: string;
  readonly text?: string;
  readonly config?: string;
}

export async function tokenizerFilesAt(path: string): Promise<TokenizerFiles> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const [json, text, config] = await Promise.all(
      ['tokenizer.json', 'vocab.txt', 'tokenizer_config.json'].map((name) => existing(join(path, name))),
    );
    if (json || text) return { ...(json && { json }), ...(text && { text }), ...(config && { config }) };
  } else if (found) {
    return basename(path).endsWith('.json') ? { json: path } : { text: path };
  }
  const message = found
    ? 'Neither "vocab.txt" nor "tokenizer.json" is in this folder.'
    : 'There is no such file or folder.';
  throw new InvalidInputError([
    {
      code: 'TOKENIZER_MISSING',
      message: `${message} Give the folder of a BERT vocabulary.`,
      location: { file: path },
    },
  ]);
}

async function existing(path: string): Promise<string | undefined> {
  return stat(path).then(
    () => path,
    () => undefined,
  );
}

async function readJson(file: string | undefined): Promise<Vocabulary | undefined> {
  return file === undefined ? undefined : parseTokenizerJson(await readText(file), file);
}

async function readTokens(file: string | undefined): Promise<string[] | undefined> {
  return file === undefined ? undefined : parseVocabularyText(await readText(file), file);
}

async function readConfig(file: string | undefined): Promise<TokenizerConfig> {
  return file === undefined ? {} : parseTokenizerConfig(await readText(file), file);
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : (error as Error).message;
    throw new InvalidInputError([
      { code: 'TOKENIZER_UNREADABLE', message: `Cannot be read: ${reason}.`, location: { file } },
    ]);
  }
}

function fromText(tokens: readonly string[], config: TokenizerConfig): Vocabulary {
  return {
    tokens,
    normalizer: { ...DEFAULT_NORMALIZER, ...config },
    maxCharactersPerWord: DEFAULT_MAX_CHARACTERS_PER_WORD,
  };
}
