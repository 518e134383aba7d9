import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, createBench } from './retort.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await createBench();
});
afterEach(() => bench.remove());

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(bench.folder, name)), { recursive: true });
    writeFileSync(join(bench.folder, name), text);
  }
}

const list = (...plugins: string[]) => ({ 'retort.config.json': JSON.stringify({ plugins }) });

/** A stage in one file, which uses objects of an extension point. */
const SCORE = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extensionPoint, nameSchema } from '@retort/foundation/extensions';
import { definePlugin, defineStage } from '@retort/plugin-kit';

const metrics = extensionPoint('metrics', [{ name: 'size', description: 'How many.', score: (words) => words.length }]);

const score = defineStage()({
  kind: 'score',
  version: 1,
  description: 'Scores words.',
  configSchema: () => ({
    type: 'object',
    additionalProperties: false,
    required: ['metric'],
    properties: { metric: nameSchema(metrics.all(), 'Which score.') },
  }),
  inputs: {},
  outputs: () => ({ report: { type: 'report', description: 'The score' } }),
  usesEngine: false,
  usesSeed: false,
  extensions: ({ metric }) => ({ metrics: [metric] }),
  run: async ({ config, outputs }) => {
    const value = metrics.get(config.metric).score(['a', 'bb']);
    await writeFile(join(outputs.report.path, 'report.json'), JSON.stringify({ title: 'Score', tables: [], notes: [String(value)] }));
    return { metrics: { score: value } };
  },
});

export default definePlugin({ name: 'score', stages: [score] });
`;

const LETTERS = `
import * as tf from '@tensorflow/tfjs-core';
import { definePlugin } from '@retort/plugin-kit';
const letters = { name: 'letters', description: 'How long, in all.', fits: () => false, score: (words: string[]) => tf.util.sizeFromShape([words.join('').length]) };
export default definePlugin({ name: 'letters', metrics: [letters] });
`;

const score = (metric: string) => ({ uses: 'score', with: { metric } });
const pipeline = { name: 'scores', stages: { size: score('size'), letters: score('letters') } };

interface Planned {
  readonly stages: readonly { readonly id: string; readonly key: string; readonly status: string }[];
}

async function keys(): Promise<Record<string, string>> {
  const { stdout } = await bench.retort('plan', './scores.pipeline.json', '--json');
  return Object.fromEntries((JSON.parse(stdout) as Planned).stages.map(({ id, key }) => [id, key]));
}

test('a stage of one plug-in runs with an object of another, whose code is in the key of what uses it alone', async () => {
  put({
    ...list('./plugins/score.mjs', './plugins/letters'),
    'plugins/score.mjs': SCORE,
    'plugins/letters/index.ts': LETTERS,
  });
  await bench.write('scores.pipeline.json', pipeline);
  const { exitCode, stderr, stdout } = await bench.retort('run', './scores.pipeline.json', '--json');
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/"id":"size".*"metrics":\{"score":2\}/);
  expect(stdout).toMatch(/"id":"letters".*"metrics":\{"score":3\}/);

  const before = await keys();
  put({ 'plugins/letters/index.ts': LETTERS.replace("join('')", "join(' ')") });
  const after = await keys();
  expect(after.size).toBe(before.size);
  expect(after.letters).not.toBe(before.letters);
  const explained = await bench.retort('explain', './scores.pipeline.json', 'letters');
  expect(explained.stdout).toContain('the code of `plugins/letters/index`');

  put({ 'plugins/score.mjs': SCORE.replace("'Score'", "'The score'") });
  expect((await keys()).size).not.toBe(before.size);
});

test('settings of a plug-in are validated, and its objects are known by name', async () => {
  put({ ...list('./score.mjs', './letters.ts'), 'score.mjs': SCORE, 'letters.ts': LETTERS });
  await bench.write('scores.pipeline.json', { name: 'scores', stages: { letters: score('leters') } });
  const { exitCode, stderr } = await bench.retort('plan', './scores.pipeline.json');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Expected "size" or "letters", got "leters". Did you mean "letters"?');
});

test('an npm package is a plug-in by its name, by which explain calls its modules', async () => {
  const module = 'node_modules/retort-score/dist/main.js';
  put({
    ...list('retort-score'),
    'node_modules/retort-score/package.json':
      '{ "name": "retort-score", "type": "module", "exports": "./dist/main.js" }',
    [module]: SCORE,
  });
  await bench.write('scores.pipeline.json', { name: 'scores', stages: { size: score('size') } });
  expect(await bench.retort('run', './scores.pipeline.json')).toMatchObject({ exitCode: 0 });
  put({ [module]: SCORE.replace("'Score'", "'The score'") });
  const { stdout } = await bench.retort('explain', './scores.pipeline.json');
  expect(stdout).toContain('the code of `retort-score/dist/main`');
});

test('docs shows what plug-ins bring as it does what is built in, for the terminal and as a page', async () => {
  put({ ...list('./score.mjs', './letters.ts'), 'score.mjs': SCORE, 'letters.ts': LETTERS });
  const { stdout: all } = await bench.retort('docs');
  expect(all).toMatch(/^Stages\n {2}corpus\n[^]*^ {2}score {2}plug-in score\n {6}Scores words\.$/m);
  expect(all).toMatch(/^Metrics\n {2}accuracy\n[^]*^ {2}letters {2}plug-in letters\n {6}How long, in all\.$/m);

  expect((await bench.retort('docs', 'letters')).stdout).toMatchInlineSnapshot(`
    "letters
    How long, in all.
    Metrics: plug-in letters.

    Where it is set
      evaluate
          metric
      score
          metric

    Settings
      None."
  `);
  expect((await bench.retort('docs', 'score', '--format', 'markdown')).stdout).toMatchInlineSnapshot(`
    "# score

    Scores words.

    Stages: plug-in score.

    ## Inputs

    None.

    ## Outputs

    | Port | Type | Description |
    | --- | --- | --- |
    | \`report\` | \`report\` | The score |

    ## Key

    Version 1. A change of settings, inputs or code reruns the stage.

    ## Settings (\`with\`)

    | Setting | Type | Default | Range | Description |
    | --- | --- | --- | --- | --- |
    | \`metric\` | \`size\` or \`letters\` | required |  | Which score. size: How many. letters: How long, in all. |"
  `);
  // A page is the one that lies in docs/reference, apart from who brings it.
  const { stdout: page } = await bench.retort('docs', 'tokenize', '--format', 'markdown');
  const committed = readFileSync(new URL('../../../docs/reference/stages/tokenize.md', import.meta.url), 'utf8');
  expect(`${page.replace('\n\nStages: built in.', '')}\n`).toBe(committed.replace(/^<!--.*-->\n\n/, ''));

  const { exitCode, stderr } = await bench.retort('docs', 'leters');
  expect({ exitCode, stderr }).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "DOCS_UNKNOWN_NAME
      No stage, object or plug-in is named "leters". Did you mean "letters"? For the list, type: retort docs",
    }
  `);
});

describe('a plug-in that cannot be used says why, and where it is listed', () => {
  const cases: readonly (readonly [what: string, module: string | undefined, problem: string])[] = [
    ['is not there', undefined, 'NOT_FOUND: "./mine.mjs" cannot be used: <folder>/mine.mjs does not exist.'],
    ['does not parse', 'export default {', 'DOES_NOT_LOAD: "./mine.mjs" cannot be used: Build failed with 1 error:'],
    [
      'computes when it is loaded',
      "import * as tf from '@tensorflow/tfjs-core'; tf.tensor([1]); export default {};",
      'DOES_NOT_LOAD: "./mine.mjs" cannot be used: @tensorflow/tfjs-core.tensor was called while planning, which loads no library that computes.',
    ],
    [
      'exports nothing',
      'export const plugin = {};',
      'MALFORMED: "./mine.mjs" cannot be used: its module has no default export; export default definePlugin({ … }).',
    ],
    [
      'has another shape',
      "export default { name: 'mine', metrics: [{ name: 'x' }] };",
      'MALFORMED: "./mine.mjs" cannot be used: /metrics/0: The setting "description" is missing.',
    ],
    [
      'misspells a member',
      "export default { name: 'mine', metrcs: [] };",
      'MALFORMED: "./mine.mjs" cannot be used: /metrcs: No setting is named "metrcs" here. Did you mean "metrics"?',
    ],
    [
      'has a stage that does nothing',
      SCORE.replace('run:', 'runs:'),
      'MALFORMED: "./mine.mjs" cannot be used: stage "score": it has neither a function "run" nor a "module" that exports one.',
    ],
    [
      'has a family without the functions of one',
      "export default { name: 'mine', modelFamilies: [{ name: 'own', description: 'Mine.' }] };",
      'MALFORMED: "./mine.mjs" cannot be used: "own" of modelFamilies: the function',
    ],
    [
      'takes a name that is built in',
      SCORE.replace("kind: 'score'", "kind: 'corpus'"),
      'NAME_TAKEN: "corpus" of the plug-in "score" is built in (stages).',
    ],
  ];
  test.each(cases)('that %s', async (_what, module, problem) => {
    put({ ...list('./mine.mjs'), ...(module !== undefined && { 'mine.mjs': module }) });
    await bench.write('scores.pipeline.json', pipeline);
    const { exitCode, stderr } = await bench.retort('plan', './scores.pipeline.json');
    const [code, message] = problem.split(/: (.*)/);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`PLUGIN_${code}   retort.config.json`);
    expect(stderr.replaceAll(bench.folder, '<folder>')).toContain(message);
    expect(await bench.retort('--help')).toMatchObject({ exitCode: 0 });
  });

  test('that another one has the name of', async () => {
    put({
      ...list('./one.mjs', './two.mjs'),
      'one.mjs': SCORE,
      'two.mjs': SCORE.replace("name: 'score'", "name: 'other'"),
    });
    await bench.write('scores.pipeline.json', pipeline);
    const { stderr } = await bench.retort('plan', './scores.pipeline.json');
    expect(stderr).toContain(
      '"score" of the plug-in "other" also comes from the plug-in "score" (stages). Rename one of',
    );
  });
});
