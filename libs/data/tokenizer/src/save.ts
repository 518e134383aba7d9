import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTokenizerConfig } from './tokenizer-config.ts';
import { formatTokenizerJson } from './tokenizer-json.ts';
import type { Vocabulary } from './vocabulary.ts';
import { formatVocabularyText } from './vocabulary-text.ts';

/** Writes `vocab.txt`, `tokenizer.json` and `tokenizer_config.json` into an existing folder, as HuggingFace reads them. */
export async function saveTokenizer(vocabulary: Vocabulary, folder: string): Promise<void> {
  await writeFile(join(folder, 'vocab.txt'), formatVocabularyText(vocabulary.tokens.slice(0, vocabulary.pieceCount)));
  await writeFile(join(folder, 'tokenizer.json'), formatTokenizerJson(vocabulary));
  await writeFile(join(folder, 'tokenizer_config.json'), formatTokenizerConfig(vocabulary));
}
