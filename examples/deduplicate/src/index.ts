import { definePlugin, defineStage } from '@retort/plugin-kit';

/** `with` of the stage, as its schema has it. */
export interface Settings {
  readonly unit: 'document' | 'sentence';
  readonly similarity: number;
  readonly shingleWords: number;
  readonly examples: number;
}

export const deduplicate = defineStage<Settings>()({
  kind: 'deduplicate',
  version: 1,
  description: 'Drops documents or sentences that are near-duplicates of an earlier one.',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      unit: {
        description: 'What is compared and dropped: complete documents, or single sentences.',
        enum: ['document', 'sentence'],
        default: 'document',
      },
      similarity: {
        description:
          'Two texts are near-duplicates if they share at least this part of all their shingles (Jaccard similarity, estimated by MinHash), 0.6 to 1.',
        type: 'number',
        minimum: 0.6,
        maximum: 1,
        default: 0.8,
      },
      shingleWords: {
        description: 'Words in a shingle, 1 to 10. Order within a shingle counts.',
        type: 'integer',
        minimum: 1,
        maximum: 10,
        default: 3,
      },
      examples: {
        description: 'Number of dropped texts to show in the report, next to what they repeat, 0 to 100.',
        type: 'integer',
        minimum: 0,
        maximum: 100,
        default: 5,
      },
    },
  },
  inputs: { text: { types: ['text'], description: 'Sentences with their document and split' } },
  outputs: () => ({
    text: { type: 'text', description: 'The text without near-duplicates, with documents renumbered' },
    report: { type: 'report', description: 'How much was dropped, with examples' },
  }),
  usesEngine: false,
  usesSeed: false,
  // At most as many rows as before: stages that follow estimate their size with it.
  describe: ({ inputs }) => ({ text: inputs.text ?? {}, report: {} }),
  module: './run.ts',
});

export default definePlugin({ name: 'deduplicate', stages: [deduplicate] });
