import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '@retort/engine';
import { classify, encode, type Head, linear, saveModel, wordFeatures } from '@retort/families';
import { labelsOfTask, type Task } from '@retort/foundation/task';
import { afterAll, describe, expect, it } from 'vitest';
import { batchOf, parametersOf, ROWS, TINY, tinyValues } from './support/tiny-model.ts';

/** Two implementations in float32, on outputs near 1. */
const TOLERANCE = 1e-5;
/** Importing torch and transformers takes minutes on a busy machine with a cold disk. */
const PYTHON_MILLISECONDS = 600_000;
const INTERPRETER = process.env['RETORT_PYTHON'] ?? 'python3';
const present = spawnSync(INTERPRETER, ['-c', 'import torch, transformers']).status === 0;

const SCRIPT = `
import json, sys, torch, transformers
folder, batch = sys.argv[1], json.loads(sys.argv[2])
kind = json.load(open(folder + "/config.json"))["architectures"][0]
model, loading = getattr(transformers, kind).from_pretrained(folder, output_loading_info=True)
model.eval()
with torch.no_grad():
    out = model(**{k: torch.tensor(v) for k, v in batch.items()}, output_hidden_states=True)
print(json.dumps({"logits": out.logits.flatten().tolist(), "hidden": out.hidden_states[-1].flatten().tolist(),
    "missing": list(loading["missing_keys"]), "unexpected": list(loading["unexpected_keys"]), "labels": model.config.id2label}))
`;

const folder = mkdtempSync(join(tmpdir(), 'retort-huggingface-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!present)(
  `HuggingFace transformers${present ? '' : ' (skipped: no Python with torch and transformers; RETORT_PYTHON names one)'}`,
  () => {
    it.each<Head>(['classifier', 'maskedLanguageModel'])(
      'loads a saved model with its %s and computes the same',
      async (head) => {
        writeFileSync(join(folder, 'vocab.txt'), '');
        const values = tinyValues([head]);
        await saveModel({ folder, config: TINY, heads: [head], values, tokenizerFolder: folder });
        const { tokenIds, segmentIds, keyMask } = batchOf(ROWS, 6);
        const pass = (await createEngine('cpu')).forward((parameters, inputs) => {
          const model = { config: TINY, parameters };
          const hidden = encode(model, inputs as never).hiddenStates.at(-1) as never;
          return {
            hidden,
            logits:
              head === 'classifier'
                ? classify(model, hidden)
                : linear(
                    wordFeatures(model, hidden, inputs['positions'] as never),
                    parameters['embeddings.word'] as never,
                    parameters['maskedLanguageModel.bias'] as never,
                  ),
          };
        }, parametersOf(values));
        const positions = { shape: [12], data: Int32Array.from({ length: 12 }, (_, i) => i) };
        const ours = await pass.run({ tokenIds, segmentIds, keyMask, positions });
        const rows = (data: ArrayLike<number>) => [Array.from(data).slice(0, 6), Array.from(data).slice(6)];
        const theirs = python({
          input_ids: rows(tokenIds.data),
          token_type_ids: rows(segmentIds.data),
          attention_mask: rows(keyMask.data),
        });
        expect(theirs.missing).toEqual([]);
        expect(theirs.unexpected).toEqual([]);
        expect(Object.values(theirs.labels)).toEqual(labelsOfTask(TINY.task as Task));
        for (const name of ['hidden', 'logits'] as const) {
          const values = ours[name]?.data as Float32Array;
          expect(theirs[name]).toHaveLength(values.length);
          expect(
            Math.max(...values.map((value, i) => Math.abs(value - (theirs[name][i] as number)))),
            name,
          ).toBeLessThan(TOLERANCE);
        }
      },
      PYTHON_MILLISECONDS,
    );
  },
);

function python(batch: unknown): {
  logits: number[];
  hidden: number[];
  missing: string[];
  unexpected: string[];
  labels: Record<string, string>;
} {
  const { status, stdout, stderr } = spawnSync(INTERPRETER, ['-c', SCRIPT, folder, JSON.stringify(batch)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`python failed: ${stderr}`);
  return JSON.parse(stdout);
}
