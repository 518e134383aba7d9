import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleEntry } from '@retort/code-closure';
import { expect, test } from 'vitest';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const HEAVY = /@tensorflow|onnxruntime|tokenizers|apache-arrow/;
/** Where tfjs-core, which is bundled, keeps its kernels. */
const TENSORS = 'KernelBackend';

const command = join(workspace, 'apps/cli/src/main.ts');
const training = join(workspace, 'libs/stages/student-train/src/run.ts');

test('the command contains and imports no tensor library', async () => {
  const { path, packages } = await bundleEntry({ installation: workspace, entryFile: command, forPlanning: true });
  expect(packages).toContain('ajv');
  expect(packages.filter((name) => HEAVY.test(name))).toEqual([]);
  expect(await readFile(path, 'utf8')).not.toContain(TENSORS);
});

test('canary: a stage that trains does', async () => {
  const { path, packages } = await bundleEntry({ installation: workspace, entryFile: training });
  expect(packages.filter((name) => HEAVY.test(name))).toContain('onnxruntime-node');
  expect(await readFile(path, 'utf8')).toContain(TENSORS);
});
