import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import type { StageContext, StageRun } from '@retort/plugin-kit';
import { streamText } from '@retort/tables';
import { SPECIAL_TOKENS, saveTokenizer, trainWordPiece } from '@retort/tokenizer';
import type { trainTokenizer } from './index.ts';

export const run: StageRun<typeof trainTokenizer> = async (context) => {
  const { config, outputs } = context;
  const vocabulary = await trainWordPiece(trainingSentences(context), config);
  const { length: size } = vocabulary.tokens;
  if (size === SPECIAL_TOKENS.length) throw emptyCorpus(context);
  if (size < config.vocabularySize) {
    context.log(`The corpus yields ${size} tokens, fewer than the ${config.vocabularySize} requested.`);
  }
  await saveTokenizer(vocabulary, outputs.tokenizer.path);
  return { metrics: { vocabularySize: size } };
};

async function* trainingSentences(context: StageContext<typeof trainTokenizer>): AsyncGenerator<string> {
  let done = 0;
  for await (const rows of streamText(join(context.inputs.text.path, 'text.arrow'))) {
    context.throwIfInterrupted();
    for (const { sentence, split } of rows) if (split === 'train') yield sentence;
    done += rows.length;
    context.progress({ done, unit: 'sentences' });
  }
}

function emptyCorpus({ inputs }: StageContext<typeof trainTokenizer>): InvalidInputError {
  const message = `${inputs.text.label} has no training sentences to make a vocabulary from. Check the corpus and its "validationFraction".`;
  return new InvalidInputError([{ code: 'TOKENIZER_NO_TEXT', message }]);
}
