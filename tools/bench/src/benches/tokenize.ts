import type { Measurement } from '@retort/lab';
import { syntheticDocument } from '@retort/texts/synthetic';
import { createTokenizer, trainWordPiece } from '@retort/tokenizer';
import type { BenchContext } from '../bench.ts';
import { madeSentences } from '../inputs/made-words.ts';
import { rateOf, repeat } from '../repeat.ts';

/** Rows that the tokenize stage encodes at a time: a record batch of corpus and task-data. */
const BATCH_ROWS = 8192;
const MAX_SEQUENCE_LENGTH = 128;

/** Text to rows of ids, as the tokenize stage does it. A tokenizer is new in each repetition, so its cache starts empty. */
export async function tokenize({ quick }: BenchContext): Promise<Measurement[]> {
  const sentences = quick ? 2_000 : 200_000;
  const texts = {
    'synthetic corpus': Array.from({ length: sentences / 10 }, (_, index) =>
      syntheticDocument({ seed: 1, index, sentences: 10 }),
    ).flat(),
    'made words, as frequent as in a language': madeSentences({
      sentences,
      distinctWords: quick ? 2_000 : 200_000,
      seed: 1,
    }),
  };
  const results: Measurement[] = [];
  for (const [name, text] of Object.entries(texts)) results.push(await encode(name, text, quick));
  return results;
}

async function encode(name: string, text: readonly string[], quick: boolean): Promise<Measurement> {
  const vocabulary = await trainWordPiece(text.slice(0, 20_000), {
    vocabularySize: quick ? 1_000 : 30_522,
    minimumFrequency: 2,
    lowercase: true,
  });
  let tokens = 0;
  const times = await repeat({ repetitions: quick ? 2 : 5 }, async () => {
    const tokenizer = createTokenizer(vocabulary, 'vocab.txt');
    tokens = 0;
    for (let start = 0; start < text.length; start += BATCH_ROWS) {
      const rows = text.slice(start, start + BATCH_ROWS);
      tokens += (await tokenizer.encodeBatch(rows, { maxSequenceLength: MAX_SEQUENCE_LENGTH })).tokenIds.length;
    }
  });
  return {
    name,
    unit: 'tokens/s',
    ...rateOf(tokens, times),
    notes: `${text.length} sentences, ${tokens} tokens, vocabulary of ${vocabulary.tokens.length}, batches of ${BATCH_ROWS}`,
  };
}
