/** The files of a new plug-in with one stage, by name: it writes its sentences in capitals, until somebody changes it. */
export function stagePackage(name: string): Readonly<Record<string, string>> {
  const manifest = {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    exports: './index.mjs',
    scripts: { test: 'node --test' },
  };
  const pipeline = {
    name,
    description: `Tries the stage "${name}" on a few sentences.`,
    stages: {
      corpus: {
        uses: 'corpus',
        inputs: { files: './words.txt' },
        with: { source: { kind: 'files' }, validationFraction: 0 },
      },
      [name]: { uses: name, inputs: { text: 'corpus.text' }, with: { mark: '!' } },
    },
    results: [`${name}.text`],
  };
  return {
    'package.json': json(manifest),
    'index.mjs': definition(name),
    [`${name}.pipeline.json`]: json(pipeline),
    'words.txt': 'A student learns from its teacher.\nThe teacher answers every question.\n',
    [`${name}.test.mjs`]: test(name),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function definition(name: string): string {
  return `import { join } from 'node:path';
import { definePlugin, defineStage } from '@retort/plugin-kit';
import { createTextWriter, finish, streamText } from '@retort/plugin-kit/tables';

/** @typedef {{ mark: string }} Settings  \`with\` of the stage, as its schema has it */

const stage = /** @type {typeof defineStage<Settings>} */ (defineStage)()({
  kind: '${name}',
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

export default definePlugin({ name: '${name}', stages: [stage] });
`;
}

function test(name: string): string {
  return `import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const here = import.meta.dirname;
const store = mkdtempSync(join(tmpdir(), '${name}-'));
after(() => rmSync(store, { recursive: true, force: true }));

/** Runs the pipeline beside this file. The last line says how each stage ended, and the digests of what it made. */
function run() {
  const args = ['retort', 'run', join(here, '${name}.pipeline.json'), '--store', store, '--json'];
  const lines = execFileSync('npx', args, { cwd: here, encoding: 'utf8', stdio: 'pipe' });
  const { stages } = JSON.parse(lines.trim().split('\\n').at(-1));
  return stages.find(({ id }) => id === '${name}');
}

test('${name} writes every sentence in capitals, and runs once', () => {
  const first = run();
  assert.equal(first.status, 'ran');
  assert.equal(first.metrics.sentences, 2);
  const { digest } = first.outputs.text;
  const text = readFileSync(join(store, 'artifacts', digest.slice(0, 2), digest, 'text.arrow'), 'utf8');
  assert.match(text, /A STUDENT LEARNS FROM ITS TEACHER\\.!/);
  assert.equal(run().status, 'cached');
});
`;
}
