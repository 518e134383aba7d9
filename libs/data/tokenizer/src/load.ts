import { loadVocabulary, tokenizerFilesAt } from './load-vocabulary.ts';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';

/**
 * Loads a BERT tokenizer.
 *
 * A folder may hold `tokenizer.json`, `vocab.txt` or both, with `tokenizer_config.json`, `special_tokens_map.json` and
 * `added_tokens.json`; all must agree. With `vocab.txt` alone text is lower-cased unless `tokenizer_config.json` says not.
 * Truncation and padding that a `tokenizer.json` has switched on are not used; see `inspectTokenizer` for a truncation side.
 *
 * @param path  the folder, or one of the two files
 * @throws InvalidInputError for files that are missing, damaged, not a BERT's, or that disagree
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const { json, text } = await tokenizerFilesAt(path);
  return createTokenizer(await loadVocabulary(path), json ?? (text as string));
}
