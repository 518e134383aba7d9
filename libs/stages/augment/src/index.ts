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
    examples: { types: ['examples'], description: 'Labelled texts; those of the training split get copies' },
    model: { types: ['model'], description: 'A BERT with its masked-LM head', optional: true },
    vectors: {
      types: ['lexicon'],
      description: "Word vectors in GloVe's text format, gzip'd or not",
      optional: true,
      path: { kind: 'file' },
    },
    synonyms: {
      types: ['lexicon'],
      description: "Two words a line with a tab between, best first, gzip'd or not",
      optional: true,
      path: { kind: 'file' },
    },
  },
  outputs: () => ({ examples: { type: 'examples', description: 'All examples; copies follow the one they are of' } }),
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

const ROLES = { 'masked-language-model': 'model', vectors: 'vectors', synonyms: 'synonyms' } as const;

function splitWordsProblems({ source, splitWords }: AugmentConfig): StageProblem[] {
  if (source === 'masked-language-model' || splitWords === 'keep') return [];
  const message = `"splitWords" says ${JSON.stringify(splitWords)}, but with "source": ${JSON.stringify(source)} no word is split. Leave it out.`;
  return [{ code: 'AUGMENT_SPLIT_WORDS', path: ['with', 'splitWords'], message }];
}

/** Every source that is named is connected, and nothing is connected that would not be read. */
function sourceProblems({ source, splitWords }: AugmentConfig, connected: readonly string[]): StageProblem[] {
  const named = [source, ...(splitWords === 'keep' ? [] : [splitWords])];
  const wanted = new Set<string>(named.map((name) => ROLES[name]));
  return Object.entries(ROLES).flatMap(([name, role]): StageProblem[] => {
    if (wanted.has(role) === connected.includes(role)) return [];
    const message = wanted.has(role)
      ? `Candidates are to come from ${name}, but the input "${role}" is not connected.`
      : `The input "${role}" is connected, but no candidates are to come from it. Set "source" or "splitWords" to ${JSON.stringify(name)}, or leave the input out.`;
    return [{ code: 'AUGMENT_SOURCE', path: ['inputs', ...(wanted.has(role) ? [] : [role])], message }];
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
    const message = `Rows may have ${maxSequenceLength} tokens, but "model" has only ${maxPositions} positions. Set "maxSequenceLength" to ${maxPositions}, or connect a longer model.`;
    problems.push({ code: 'BERT_SEQUENCE_TOO_LONG', path: ['with', 'maxSequenceLength'], message });
  }
  if (context === 'pair' && hasOneSegment(model)) {
    const message =
      'The whole text is shown as a second segment, but "model" has one segment type (type_vocab_size 1). Set "context" to "alone", or connect a model with two.';
    problems.push({ code: 'BERT_ONE_SEGMENT', path: ['with', 'context'], message });
  }
  return problems;
}
