import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import type { ByInput, StageDefinition } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { evaluate } from '@retort/stage-evaluate';
import { run as runEvaluate } from '@retort/stage-evaluate/run';
import { exportModel } from '@retort/stage-export';
import { run as runExport } from '@retort/stage-export/run';
import { finetune } from '@retort/stage-finetune';
import { run as runFinetune } from '@retort/stage-finetune/run';
import { importModel } from '@retort/stage-import-model';
import { run as runImport } from '@retort/stage-import-model/run';
import { studentTrain } from '@retort/stage-student-train';
import { run as runStudentTrain } from '@retort/stage-student-train/run';
import { taskData } from '@retort/stage-task-data';
import { run as runTaskData } from '@retort/stage-task-data/run';
import { teacherForward } from '@retort/stage-teacher-forward';
import { run as runTeacherForward } from '@retort/stage-teacher-forward/run';
import { tokenize } from '@retort/stage-tokenize';
import { run as runTokenize } from '@retort/stage-tokenize/run';
import { describe, expect, it } from 'vitest';

// A model of each family is imported, fine-tuned, asked, distilled, evaluated and exported.

const FIXTURES = join(import.meta.dirname, '../../../../libs/stages/import-model/test/fixtures/families');
const INTERPRETER = process.env['RETORT_PYTHON'] ?? 'python3';
const present = spawnSync(INTERPRETER, ['-c', 'import torch, transformers']).status === 0;
/** Importing torch and transformers takes minutes on a busy machine with a cold disk. */
const PYTHON_MILLISECONDS = 600_000;

type Inputs = ByInput<TestInput>;

/** Runs one stage. @returns its outputs, as another stage takes them */
async function stage(
  definition: StageDefinition,
  run: (context: never) => Promise<unknown>,
  { settings = {}, inputs = {} }: { settings?: Readonly<Record<string, unknown>>; inputs?: Inputs },
) {
  const connected = Object.keys(inputs);
  const given = definition.complete?.(settings, connected) ?? settings;
  const config = withDefaults(definition.configSchema as never, given) as Record<string, unknown>;
  const ports = Object.entries(definition.outputs({ config, connected }));
  const outputs = Object.fromEntries(ports.map(([name, { type }]) => [name, type]));
  const context = await createTestContext({ config, inputs, outputs });
  await run(context as never);
  const made = ports.map(([name, { type }]) => [name, { type, path: context.outputs[name]?.path as string }] as const);
  return { outputs: Object.fromEntries(made) as Record<string, TestInput>, progresses: context.progresses };
}

const GEOMETRY = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 12, maxPositions: 32 };
const TRAINING = { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.003 } };

async function wholeJob(name: string) {
  const fixture: TestInput = { type: 'model', path: join(FIXTURES, name) };
  const imported = await stage(importModel, runImport, { settings: { head: 'none' }, inputs: { model: fixture } });
  const { tokenizer, model } = imported.outputs as { tokenizer: TestInput; model: TestInput };
  const source = { kind: 'synthetic', train: 24, validation: 8 };
  const { examples } = (await stage(taskData, runTaskData, { settings: { source } })).outputs;
  const made = await stage(tokenize, runTokenize, {
    settings: { maxSequenceLength: 32 },
    inputs: { examples: examples as TestInput, tokenizer },
  });
  const { train, validation } = made.outputs as { train: TestInput; validation: TestInput };
  const tuned = await stage(finetune, runFinetune, { settings: TRAINING, inputs: { model, tokens: train } });
  const teacher = tuned.outputs['model'] as TestInput;
  const store = { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', dtype: 'float32' };
  const asked = await stage(teacherForward, runTeacherForward, {
    settings: { studentLayers: 1, store },
    inputs: { teacher, tokens: train },
  });
  const signals = asked.outputs['signals'] as TestInput;
  const distilled = (inputs: Inputs) =>
    stage(studentTrain, runStudentTrain, {
      settings: { phase: 'joint', student: GEOMETRY, ...TRAINING },
      inputs: { tokens: train, ...inputs },
    });
  const [offline, online] = [await distilled({ signals: [signals] }), await distilled({ teacher: [teacher] })];
  const student = offline.outputs['student'] as TestInput;
  await stage(evaluate, runEvaluate, {
    settings: { latency: { rows: 0 } },
    inputs: { tokens: validation, teacher, student },
  });
  const exported = (shipped: TestInput) =>
    stage(exportModel, runExport, {
      settings: { formats: ['huggingface', 'onnx'], card: { title: 'A model' } },
      inputs: { model: shipped, tokens: validation },
    });
  return {
    losses: [offline, online].map(({ progresses }) => progresses.map(({ values }) => values?.['loss'] as number)),
    teacher: (await exported(teacher)).outputs['huggingface']?.path as string,
    student: (await exported(student)).outputs['huggingface']?.path as string,
  };
}

const SCRIPT = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
answers = []
for folder in sys.argv[1:]:
    model, loading = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = tokenizer(["the film was good", "never"], ["sad music", "it"], padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**rows).logits.tolist()
    answers.append({"class": type(model).__name__, "logits": logits, "missing": list(loading["missing_keys"]), "unexpected": list(loading["unexpected_keys"])})
print(json.dumps(answers))
`;

describe.each([
  ['roberta', 'RobertaForSequenceClassification'],
  ['xlm-roberta', 'XLMRobertaForSequenceClassification'],
  ['electra', 'ElectraForSequenceClassification'],
])('a model of the family %s', (name, className) => {
  it(
    `does the whole job, and its exports keep its form${present ? ', which transformers reads' : ' (not shown to transformers: no Python with it; RETORT_PYTHON names one)'}`,
    async () => {
      const { losses, teacher, student } = await wholeJob(name);
      const [offline, online] = losses as [number[], number[]];
      expect(offline).toHaveLength(6);
      for (const [step, loss] of offline.entries()) expect(online[step]).toBeCloseTo(loss, 4);
      const config = (folder: string) => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
      expect(config(teacher)).toMatchObject({ model_type: name, architectures: [className] });
      // A new student is a BERT with the family's tokenizer.
      const { config: geometry } = await loadModel(student);
      expect(config(student)).toMatchObject({ model_type: 'bert', pad_token_id: geometry.padId ?? 0 });
      expect(geometry.padId).toBe(name === 'electra' ? undefined : 1);
      if (!present) return;
      const { status, stdout, stderr } = spawnSync(INTERPRETER, ['-c', SCRIPT, teacher, student], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      const answers = JSON.parse(stdout) as { logits: number[][] }[];
      expect(answers).toMatchObject([
        { class: className, missing: [], unexpected: [] },
        { class: 'BertForSequenceClassification', missing: [], unexpected: [] },
      ]);
    },
    PYTHON_MILLISECONDS,
  );
});
