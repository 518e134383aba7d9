import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, createBench, lastLine } from './retort.ts';

const installed = fileURLToPath(new URL('../../../node_modules', import.meta.url));

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

/** A graph of ONNX under another name, run as its user would. */
const EXPORT = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOnnxModel } from '@retort/engine/export';
import { definePlugin } from '@retort/plugin-kit';
import * as ort from 'onnxruntime-node';

const INPUTS = { tokenIds: 'input_ids', keyMask: 'attention_mask', segmentIds: 'token_type_ids' };
const bare = {
  name: 'bare',
  title: 'a bare graph',
  description: 'A graph of ONNX, and nothing else.',
  output: { type: 'exported', description: 'bare.onnx' },
  write: async ({ folder, graph }) => writeFile(join(folder, 'bare.onnx'), writeOnnxModel(await graph())),
  open: async (folder) => {
    const session = await ort.InferenceSession.create(join(folder, 'bare.onnx'));
    const feeds = (rows) =>
      Object.entries(INPUTS).map(([name, theirs]) => [theirs, new ort.Tensor('int64', BigInt64Array.from(rows[name].data, BigInt), [...rows[name].shape])]);
    return {
      run: async (rows) => {
        const { data, dims } = (await session.run(Object.fromEntries(feeds(rows))))[session.outputNames[0]];
        return { data, shape: dims };
      },
      dispose: () => session.release(),
    };
  },
};
export default definePlugin({ name: 'bare', exportFormats: [bare] });
`;

const tiny = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 32 };

/** A stage for each object that `retort new` writes, and one for a format of export. */
const everything = {
  name: 'everything',
  stages: {
    corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
    task: {
      uses: 'task-data',
      inputs: { train: './plugins/task-format/train.txt', validation: './plugins/task-format/train.txt' },
      with: {
        source: {
          kind: 'files',
          format: 'taskFormat',
          columns: { textA: 'text', label: 'label' },
          labels: { kind: 'classes', values: ['neg', 'pos'] },
        },
      },
    },
    tokenize: {
      uses: 'tokenize',
      inputs: { examples: 'task.examples', tokenizer: 'vocabulary.tokenizer' },
      with: { maxSequenceLength: 32 },
    },
    teacher: {
      uses: 'finetune',
      inputs: { tokens: 'tokenize.train' },
      with: { architecture: tiny, epochs: 1, optimizer: { kind: 'optimizer', learningRate: 0.002 } },
    },
    answers: {
      uses: 'teacher-forward',
      inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
      with: { store: { teacherSignal: 'last' } },
    },
    student: {
      uses: 'student-train',
      inputs: { tokens: 'tokenize.train', teacher: 'teacher.model' },
      with: {
        student: tiny,
        loss: { lossTerm: { weight: 1 }, logits: { weight: 1, kind: 'lossKind' } },
        optimizer: { learningRate: 0.002, schedule: { kind: 'schedule' } },
        epochs: 1,
      },
    },
    scores: {
      uses: 'evaluate',
      inputs: { tokens: 'tokenize.validation', teacher: 'teacher.model' },
      with: { metric: 'metric', latency: { rows: 0 } },
    },
    shipped: {
      uses: 'export',
      inputs: { model: 'teacher.model' },
      with: { formats: ['bare'], latency: { runs: 0 } },
    },
  },
};

/** What uses each plug-in, and so has another key where its code changes. */
const USES = {
  'task-format': ['task'],
  optimizer: ['teacher'],
  'teacher-signal': ['answers'],
  'loss-term': ['student'],
  'loss-kind': ['student'],
  schedule: ['student'],
  metric: ['scores'],
  'export-format': ['shipped'],
};

test('one run uses an object of every kind, and an edit of one reruns exactly the stages that use it', async () => {
  put({ 'retort.config.json': '{}', 'plugins/export-format/index.mjs': EXPORT });
  mkdirSync(join(bench.folder, 'node_modules'));
  symlinkSync(join(installed, 'onnxruntime-node'), join(bench.folder, 'node_modules/onnxruntime-node'));
  for (const kind of Object.keys(USES).filter((each) => each !== 'export-format'))
    expect(await bench.retort('new', kind, kind)).toMatchObject({ exitCode: 0 });
  put(list(...Object.keys(USES).map((kind) => `./plugins/${kind}`)));
  await bench.write('everything.pipeline.json', everything);
  const { exitCode, stdout, stderr } = await bench.retort('run', './everything.pipeline.json', '--json');
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { stages } = lastLine(stdout) as { stages: { id: string; status: string; metrics?: Record<string, number> }[] };
  expect(stages.map(({ status }) => status)).toEqual(Array(9).fill('ran'));
  expect(stages.find(({ id }) => id === 'student')?.metrics).toMatchObject({
    lossTerm: expect.any(Number),
    logits: expect.any(Number),
  });
  expect(stages.find(({ id }) => id === 'scores')?.metrics).toHaveProperty(['teacher.metric']);

  const missed: Record<string, string[]> = {};
  for (const kind of Object.keys(USES)) {
    const file = `plugins/${kind}/index.mjs`;
    const text = readFileSync(join(bench.folder, file), 'utf8');
    put({ [file]: text.replace(/description: (['"])/, 'description: $1Now: ') });
    const planned = JSON.parse((await bench.retort('plan', './everything.pipeline.json', '--json')).stdout) as Planned;
    missed[kind] = planned.stages.filter(({ status }) => status === 'run').map(({ id }) => id);
    put({ [file]: text });
  }
  expect(missed).toEqual(USES);
}, 600_000);

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
  expect(all).toMatch(/^Stages\n {2}augment\n[^]*^ {2}score {2}plug-in score\n {6}Scores words\.$/m);
  expect(all).toMatch(/^Metrics\n {2}accuracy\n[^]*^ {2}letters {2}plug-in letters\n {6}How long, in all\.$/m);

  expect((await bench.retort('docs', 'letters')).stdout).toMatch(
    /^letters\nHow long, in all\.\nMetrics: plug-in letters\.\n\nWhere it is set\n {2}evaluate\n {6}metric\n[^]* {2}score\n {6}metric\n\nSettings\n {2}None\.$/,
  );
  expect((await bench.retort('docs', 'score', '--format', 'markdown')).stdout).toMatchInlineSnapshot(`
    "# score

    Scores words.

    Stages: plug-in score.

    ## Inputs

    None.

    ## Outputs

    | Output | Type | Description |
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
