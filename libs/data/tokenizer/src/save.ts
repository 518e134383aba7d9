import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTokenizerConfig } from './tokenizer-config.ts';
import { formatTokenizerFile } from './tokenizer-json.ts';
import type { Vocabulary } from './vocabulary.ts';
import { formatVocabularyText } from './vocabulary-text.ts';

/**
 * Writes `tokenizer.json`, `tokenizer_config.json` and, of BERT's kind, `vocab.txt` into an existing folder, as HuggingFace
 * reads them.
 */
export async function saveTokenizer(vocabulary: Vocabulary, folder: string): Promise<void> {
  if (!('json' in vocabulary))
    await writeFile(join(folder, 'vocab.txt'), formatVocabularyText(vocabulary.tokens.slice(0, vocabulary.pieceCount)));
  await writeFile(join(folder, 'tokenizer.json'), formatTokenizerFile(vocabulary));
  await writeFile(join(folder, 'tokenizer_config.json'), formatTokenizerConfig(vocabulary));
}
