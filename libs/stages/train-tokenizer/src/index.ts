import { defineStage } from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { TrainTokenizerConfig } from './config.generated.ts';

export const trainTokenizer = defineStage<TrainTokenizerConfig>()({
  kind: 'train-tokenizer',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: { text: { types: ['text'], description: 'The corpus; only its training sentences are used' } },
  outputs: () => ({ tokenizer: { type: 'tokenizer', description: 'A WordPiece vocabulary' } }),
  usesEngine: false,
  usesSeed: false,
  module: '@retort/stage-train-tokenizer/run',
  // At most that many. Whose vocabulary it is, the graph fills in: a stage does not know its own id.
  describe: ({ config: { vocabularySize } }) => ({ tokenizer: { vocabularySize } }),
});
