import { defineStage, type Facts, inputProblem, type PathInspection, type StageProblem } from '@retort/plugin-kit';
import { inspectTokenizer, vocabularyFacts } from '@retort/tokenizer/vocabulary';
import schema from '../stage.schema.json' with { type: 'json' };
import type { TokenizeConfig } from './config.generated.ts';
import { estimateTokens } from './estimate-tokens.ts';

export const tokenize = defineStage<TokenizeConfig>()({
  kind: 'tokenize',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    text: { types: ['text'], description: 'Sentences; connect this or examples', optional: true },
    examples: { types: ['examples'], description: 'Labelled texts; connect this or text', optional: true },
    tokenizer: {
      types: ['tokenizer'],
      description: 'The vocabulary',
      path: { kind: 'folder', inspect: inspectPath },
    },
  },
  outputs: ({ connected }) => {
    const type = connected.includes('examples') ? 'labelledTokens' : 'tokens';
    return {
      train: { type, description: 'Rows of the training split' },
      validation: { type, description: 'Rows of the validation split' },
      ...(connected.includes('examples') && {
        selection: {
          type,
          description: 'Training rows that are set apart to choose weights by; none unless task-data has "selection"',
        },
        test: { type: 'tokens', description: 'Rows of the test split, with labels if it has any' },
      }),
    };
  },
  usesEngine: false,
  usesSeed: ({ packing }) => packing === 'sentence-pairs',
  module: '@retort/stage-tokenize/run',
  describe: ({ config, inputs }) => {
    const { tokenizer, vocabularySize, pairsInOneSegment } = inputs['tokenizer'] ?? {};
    const { task, hasPairs = config.packing === 'sentence-pairs' } = inputs['examples'] ?? {};
    const common: Facts = {
      ...(tokenizer !== undefined && { tokenizer }),
      ...(vocabularySize !== undefined && { vocabularySize }),
      ...(task && { task }),
      ...(hasPairs && !pairsInOneSegment && { hasPairs }),
      maxSequenceLength: config.maxSequenceLength,
    };
    const rows = inputs['examples']?.rows ?? inputs['text']?.rows;
    return {
      train: { ...common, ...(rows !== undefined && estimateTokens(rows, config)) },
      validation: common,
      ...(inputs['examples'] && {
        selection: { ...common, ...(inputs['examples'].hasSelection === false && { rows: 0 }) },
        test: common,
      }),
    };
  },
  check: ({ config, inputs }) => sourceProblems(config, Object.keys(inputs)),
});

async function inspectPath(folder: string): Promise<PathInspection> {
  const found = await inspectTokenizer(folder);
  return 'vocabulary' in found
    ? { facts: vocabularyFacts(found.vocabulary), problems: [], warnings: found.warnings }
    : { facts: {}, problems: found.map(inputProblem) };
}

function pairProblems({ packing, pairs }: TokenizeConfig): StageProblem[] {
  const presets = schema.properties.pairs.properties;
  const changed = Object.entries(pairs).filter(
    ([name, value]) => value !== presets[name as keyof typeof presets].default,
  );
  if (packing === 'sentence-pairs') return [];
  return changed.map(([name]) => ({
    code: 'TOKENIZE_PAIRS_UNUSED',
    path: ['with', 'pairs', name],
    message: `The packing "${packing}" does not use "pairs.${name}". Set "packing" to "sentence-pairs", or remove the setting.`,
  }));
}

function sourceProblems(config: TokenizeConfig, connected: readonly string[]): StageProblem[] {
  const [hasText, hasExamples] = [connected.includes('text'), connected.includes('examples')];
  if (hasText === hasExamples) {
    const message = hasText
      ? 'Both "text" and "examples" are connected. Connect one, and use a second tokenize stage for the other.'
      : 'Neither "text" nor "examples" is connected. Connect one of them.';
    return [{ code: 'TOKENIZE_ONE_SOURCE', path: ['inputs'], message }];
  }
  if (hasExamples && config.packing !== 'sentences') {
    const message = 'Examples cannot be packed, because each has its own label. Set "packing" to "sentences".';
    return [{ code: 'TOKENIZE_PACKED_EXAMPLES', path: ['with', 'packing'], message }];
  }
  return pairProblems(config);
}
