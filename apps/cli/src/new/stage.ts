import type { Template } from './template.ts';

/** Writes its sentences in capitals, until somebody changes it. */
export const stage: Template = {
  title: 'a stage',
  among: 'stages',
  index: ({ plugin }) => `import { join } from 'node:path';
import { definePlugin, defineStage } from '@retort/plugin-kit';
import { createTextWriter, finish, streamText } from '@retort/plugin-kit/tables';

/** @typedef {{ mark: string }} Settings  \`with\` of the stage, as its schema has it */

const stage = /** @type {typeof defineStage<Settings>} */ (defineStage)()({
  kind: '${plugin}',
  // Raise it when the same inputs should give other bytes though no code changed.
  version: 1,
  description: 'Writes every sentence in capitals, with a mark at its end.',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      mark: { type: 'string', default: '!', description: 'What every sentence ends with.' },
    },
  },
  inputs: { text: { types: ['text'], description: 'Sentences' } },
  outputs: () => ({ text: { type: 'text', description: 'The same sentences, in capitals' } }),
  usesEngine: false,
  usesSeed: false,
  // What is known before anything runs: stages that follow check it.
  describe: ({ inputs }) => ({ text: inputs.text ?? {} }),
  run: async ({ config, inputs, outputs, ...context }) => {
    const writer = await createTextWriter(join(outputs.text.path, 'text.arrow'));
    let done = 0;
    const [rows = 0] = await finish([writer], async () => {
      for await (const sentences of streamText(join(inputs.text.path, 'text.arrow'))) {
        context.throwIfInterrupted();
        const changed = sentences.map((row) => ({ ...row, sentence: row.sentence.toUpperCase() + config.mark }));
        await writer.append(changed);
        done += sentences.length;
        context.progress({ done, unit: 'sentences' });
      }
    });
    return { rows: { text: rows }, metrics: { sentences: rows } };
  },
});

export default definePlugin({ name: '${plugin}', stages: [stage] });
`,
  pipeline: ({ plugin }) => ({
    stages: {
      corpus: {
        uses: 'corpus',
        inputs: { files: './words.txt' },
        with: { source: { kind: 'files' }, validationFraction: 0 },
      },
      [plugin]: { uses: plugin, inputs: { text: 'corpus.text' }, with: { mark: '!' } },
    },
    tested: plugin,
    output: 'text',
  }),
  expectations: () => [
    'assert.equal(stage.metrics.sentences, 2);',
    "assert.match(read(stage.outputs.text, 'text.arrow').toString(), /A STUDENT LEARNS FROM ITS TEACHER\\.!/);",
  ],
  files: { 'words.txt': 'A student learns from its teacher.\nThe teacher answers every question.\n' },
};
