import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();
const problems = (content: string | object) => workspace.problems(workspace.write('tiny', content));

describe('a file that is not strict JSON', () => {
  it.each([
    ['a comment', '{\n  // why\n  "name": "tiny"\n}'],
    ['a trailing comma', '{\n  "name": "tiny",\n}'],
    ['a missing comma', '{\n  "name": "tiny"\n  "stages": {}\n}'],
    ['single quotes', "{ 'name': 1 }"],
    ['a bare word', '{ "name": tiny }'],
    ['an open string', '{ "name": "tiny }\n'],
    ['an open brace', '{ "name": "tiny"'],
    ['two values', '{} {}'],
    ['a list', '[]'],
    ['nothing', ''],
    ['a number that is none', '{ "seed": 01 }'],
    ['a duplicate name', '{ "name": "tiny", "stages": { "a": { "uses": "source" }, "a": { "uses": "source" } } }'],
    ['a tab inside a string', '{ "name": "ti\tny" }'],
  ])('%s', async (title, text) => {
    expect(`${title}\n${await problems(text)}`).toMatchSnapshot();
  });

  it('deep nesting is refused before it is parsed', async () => {
    expect(await problems('['.repeat(2_000_000))).toMatchInlineSnapshot(`
      "PIPELINE_TOO_DEEP   tiny.pipeline.json:1:65
        Values are nested more than 64 levels deep."
    `);
  });

  it('bytes that are not UTF-8, a folder, or no file', async () => {
    writeFileSync(join(workspace.folder(), 'latin.pipeline.json'), Buffer.from([0x7b, 0xe9, 0x7d]));
    mkdirSync(join(workspace.folder(), 'folder.pipeline.json'));
    expect([
      await workspace.problems('latin'),
      await workspace.problems('folder'),
      await workspace.problems('absent'),
    ]).toMatchInlineSnapshot(`
      [
        "PIPELINE_UNREADABLE   latin.pipeline.json
        The file is not UTF-8 text.",
        "PIPELINE_UNREADABLE   folder.pipeline.json
        Expected a file, got a folder.",
        "PIPELINE_UNREADABLE   absent.pipeline.json
        There is no such file.",
      ]
    `);
  });
});

describe('a file that is not a pipeline', () => {
  it('has every problem of envelope and stages reported, in the order of the file', async () => {
    const text = `{
  "name": "Tiny",
  "sed": 1,
  "extents": "./other.pipeline.json",
  "params": { "layers": { "type": "int", "default": 2 } },
  "stages": {
    "Corpus": { "uses": "source" },
    "text": { "uses": "sorce", "with": { "rows": 1 } },
    "none": {},
    "student": {
      "uses": "train",
      "retries": 1,
      "seed": -1,
      "inputs": { "text": 3 },
      "with": {
        "student": { "layers": 2.5, "heads": "four" },
        "loss": { "attention": { "weight": "1" }, "hidden": { "weight": { "from": 1, "too": 2 } } },
        "optimizer": { "kind": "adam" },
        "mode": "exakt",
        "layers": [0, -1, "x"],
        "shuffle": "yes",
        "batchsize": 8
      },
      "run": { "thread": 1, "retries": 1000 }
    }
  },
  "results": ["text"]
}`;
    expect(await problems(text)).toMatchInlineSnapshot(`
      "PIPELINE_BAD_VALUE   tiny.pipeline.json:2:11  /name
        "Tiny" does not match the pattern ^[a-z][a-z0-9]*(-[a-z0-9]+)*$. Name in kebab-case. Must equal the file's name without \`.pipeline.json\`.

      PIPELINE_NAME_MISMATCH   tiny.pipeline.json:2:11  /name
        The name must match the file name: expected "tiny", got "Tiny". Rename one of them.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:3:3  /sed
        No setting is named "sed" here. Did you mean "seed"? Known: $schema, name, extends, description, seed, params, stages, variants, matrix, results.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:4:3  /extents
        No setting is named "extents" here. Did you mean "extends"? Known: $schema, name, extends, description, seed, params, stages, variants, matrix, results.

      PIPELINE_MISSING_FIELD   tiny.pipeline.json:5:25  /params/layers
        The setting "description" is missing. What the value is for. Shown when the value is missing.

      PIPELINE_NOT_A_CHOICE   tiny.pipeline.json:5:35  /params/layers/type
        Expected "integer", "number", "string", "boolean" or "path", got "int".

      PIPELINE_BAD_NAME   tiny.pipeline.json:7:5  /stages/Corpus
        "Corpus" cannot be a name here. Stages by id, in kebab-case. Their order in the file does not matter: \`inputs\` say what comes first.

      PIPELINE_UNKNOWN_STAGE_KIND   tiny.pipeline.json:8:23  /stages/text/uses
        No kind of stage is named "sorce". Did you mean "source"? Known: source, train.

      PIPELINE_MISSING_FIELD   tiny.pipeline.json:9:13  /stages/none
        The setting "uses" is missing. Kind of stage, such as \`student-train\`. Decides which \`inputs\` and \`with\` are allowed.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:12:7  /stages/student/retries
        No setting is named "retries" here. Known: uses, description, inputs, with, seed, run.

      PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:13:15  /stages/student/seed
        Expected a number >= 0, got -1.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:14:27  /stages/student/inputs/text
        Expected a string or a list, got 3 (number).

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:16:32  /stages/student/with/student/layers
        Expected an integer, got 2.5 (number).

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:16:46  /stages/student/with/student/heads
        Expected an integer, got "four" (string).

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:17:44  /stages/student/with/loss/attention/weight
        Expected a number or an object, got "1" (string).

      PIPELINE_MISSING_FIELD   tiny.pipeline.json:17:73  /stages/student/with/loss/hidden/weight
        The setting "to" is missing. End.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:17:86  /stages/student/with/loss/hidden/weight/too
        No setting is named "too" here. Did you mean "to"? Known: from, to, steps.

      PIPELINE_NOT_A_CHOICE   tiny.pipeline.json:18:32  /stages/student/with/optimizer/kind
        Expected "adamw" or "sgd", got "adam". Did you mean "adamw"?

      PIPELINE_NOT_A_CHOICE   tiny.pipeline.json:19:17  /stages/student/with/mode
        Expected "fast" or "exact", got "exakt". Did you mean "exact"?

      PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:20:23  /stages/student/with/layers/1
        Expected a number >= 0, got -1.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:20:27  /stages/student/with/layers/2
        Expected an integer, got "x" (string).

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:21:20  /stages/student/with/shuffle
        Expected true or false, got "yes" (string).

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:22:9  /stages/student/with/batchsize
        No setting is named "batchsize" here. Did you mean "batchSize"? Known: student, loss, optimizer, batchSize, tag, mode, shuffle, layers.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:24:16  /stages/student/run/thread
        No setting is named "thread" here. Did you mean "threads"? Known: threads, retries, timeoutSeconds, checkpointEverySeconds, checkpointEverySteps.

      PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:24:40  /stages/student/run/retries
        Expected a number <= 100, got 1000.

      PIPELINE_BAD_VALUE   tiny.pipeline.json:27:15  /results/0
        "text" does not match the pattern ^[^.#/]+\\.[^.#/]+$.

      PIPELINE_BAD_REFERENCE   tiny.pipeline.json:27:15  /results/0
        Expected "stage.output" of this pipeline."
    `);
  });

  it.each([
    ['no discriminator', { optimizer: {} }],
    ['a setting of another branch', { optimizer: { kind: 'sgd', momentum: 0.9, learningRate: 1 } }],
    ['a missing setting of the branch', { optimizer: { kind: 'sgd' } }],
    ['a number out of range under a union', { loss: { attention: { weight: -1 } } }],
    ['a number out of range in a branch', { optimizer: { kind: 'adamw', learningRate: 0 } }],
    ['a list for an object', { student: [1] }],
    ['null', { tag: null }],
  ])('gives exactly one message for %s', async (title, settings) => {
    const document = {
      ...tiny,
      stages: { ...tiny.stages, student: { ...tiny.stages.student, with: { student: { layers: 2 }, ...settings } } },
    };
    const text = await problems(document);
    expect(`${title}\n${text}`).toMatchSnapshot();
    expect(text.split('\n\n')).toHaveLength(1);
  });

  it('says which parameter a wrong value came from', async () => {
    const stages = { student: { uses: 'train', with: { student: { layers: '${params.depth}' } } } };
    expect(
      await problems({
        name: 'tiny',
        params: { depth: { type: 'number', default: 99, description: 'Layers' } },
        stages,
      }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:15:21  /stages/student/with/student/layers
        Expected a number <= 48, got 99. It comes from "\${params.depth}"."
    `);
  });
});
