import { defineStage, type Facts, hasOneSegment, type StageProblem } from '@retort/plugin-kit';
import schema from '../stage.schema.json' with { type: 'json' };
import type { AugmentConfig } from './config.generated.ts';
import { otherTokenizerMessage } from './other-tokenizer-message.ts';

export const augment = defineStage<AugmentConfig>()({
  kind: 'augment',
  version: 1,
  description: schema.description,
  configSchema: schema,
  inputs: {
    examples: { types: ['examples'], description: 'Labelled texts; the training split is augmented' },
    model: { types: ['model'], description: 'A BERT with its masked-LM head', optional: true },
    vectors: {
      types: ['lexicon'],
      description: "Word vectors in GloVe's text format, which may be gzipped",
      optional: true,
      path: { kind: 'file' },
    },
    synonyms: {
      types: ['lexicon'],
      description: 'Two words per line separated by a tab, best first; may be gzipped',
      optional: true,
      path: { kind: 'file' },
    },
  },
  outputs: () => ({ examples: { type: 'examples', description: 'All examples; copies follow their original' } }),
  usesEngine: true,
  usesSeed: true,
  module: '@retort/stage-augment/run',
  describe: ({ config, inputs }) => {
    const { rows, ...facts } = inputs['examples'] ?? {};
    return { examples: { ...facts, ...(rows !== undefined && { rows: rows * (1 + config.copies) }) } };
  },
  check: ({ config, inputs }) => [
    ...splitWordsProblems(config),
    ...sourceProblems(config, Object.keys(inputs)),
    ...modelProblems(config, inputs['model'] ?? {}),
  ],
});

const INPUTS_OF_SOURCES = { 'masked-language-model': 'model', vectors: 'vectors', synonyms: 'synonyms' } as const;

function splitWordsProblems({ source, splitWords }: AugmentConfig): StageProblem[] {
  if (source === 'masked-language-model' || splitWords === 'keep') return [];
  const message = `"splitWords" is ${JSON.stringify(splitWords)}, but the source ${JSON.stringify(source)} splits no words. Leave "splitWords" out.`;
  return [{ code: 'AUGMENT_SPLIT_WORDS', path: ['with', 'splitWords'], message }];
}

/** Every source that is named is connected, and nothing is connected that would not be read. */
function sourceProblems({ source, splitWords }: AugmentConfig, connected: readonly string[]): StageProblem[] {
  const named = [source, ...(splitWords === 'keep' ? [] : [splitWords])];
  const wanted = new Set<string>(named.map((name) => INPUTS_OF_SOURCES[name]));
  return Object.entries(INPUTS_OF_SOURCES).flatMap(([name, input]): StageProblem[] => {
    if (wanted.has(input) === connected.includes(input)) return [];
    const message = wanted.has(input)
      ? `The settings take candidates from ${name}, but the input "${input}" is not connected. Connect it.`
      : `The input "${input}" is connected, but no setting uses it. Set "source" or "splitWords" to ${JSON.stringify(name)}, or remove the input.`;
    return [{ code: 'AUGMENT_SOURCE', path: ['inputs', ...(wanted.has(input) ? [] : [input])], message }];
  });
}

/** Rows that the masked language model has no positions, or no second segment, for. */
function modelProblems({ source, context, maxSequenceLength }: AugmentConfig, model: Facts): StageProblem[] {
  if (source !== 'masked-language-model') return [];
  const problems: StageProblem[] = [];
  if (model.tokenizerKind !== undefined)
    problems.push({ code: 'AUGMENT_TOKENIZER', path: ['inputs', 'model'], message: otherTokenizerMessage('"model"') });
  const { maxPositions = maxSequenceLength } = model.architecture ?? {};
  if (maxSequenceLength > maxPositions) {
    const message = `Rows can have ${maxSequenceLength} tokens, but "model" has only ${maxPositions} positions. Set "maxSequenceLength" to at most ${maxPositions}, or connect a model with more positions.`;
    problems.push({ code: 'BERT_SEQUENCE_TOO_LONG', path: ['with', 'maxSequenceLength'], message });
  }
  if (context === 'pair' && hasOneSegment(model)) {
    const message =
      'With this "context" the text is also the second segment, but "model" has only one segment type (type_vocab_size 1). Set "context" to "alone", or connect a model with two.';
    problems.push({ code: 'BERT_ONE_SEGMENT', path: ['with', 'context'], message });
  }
  return problems;
}
