import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@retort/engine';
import { parameterSpecs } from '@retort/families';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import '@tensorflow/tfjs-backend-cpu';
import { engine, io, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { defineExportFormat, type RunnableFormat } from '../format.ts';
import { INPUT_NAMES } from '../forward.ts';
import { writeTokenizerFiles } from '../huggingface-folder.ts';
import type { Rows, Source } from '../source.ts';
import { writeGraphModel } from './write-graph-model.ts';

/** Plain JavaScript computes some hundred times slower than ONNX Runtime: it is compared on the first batches alone. */
const ROWS = 8;
/** Weights times tokens, at most, which take about a minute; but at least two batches, so that a size that is built in would show. */
const PRODUCTS = 4e9;
const BATCHES = 2;

export const tfjs = defineExportFormat({
  name: 'tfjs',
  title: 'TensorFlow.js',
  description: 'A graph model for TensorFlow.js.',
  output: { type: 'exported', description: 'model.json and weights for loadGraphModel, with the tokenizer' },
  note: 'TensorFlow.js ran in plain JavaScript, which is slow, so it is compared on a few rows only, and neither timed nor scored.',
  comparedBatches,
  write: async ({ source, folder, graph }) => {
    await writeTokenizerFiles(source, folder);
    await writeGraphModel(await graph(), folder);
  },
  open,
});

function comparedBatches({ model }: Source, batches: readonly Rows[]): number {
  const weights = parameterSpecs(model.config, model.heads)
    .filter(({ name }) => !name.startsWith('embeddings.'))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  let [count, rows, products] = [0, 0, 0];
  for (const { tokenIds } of batches) {
    products += weights * tokenIds.data.length;
    if (rows >= ROWS || (count >= BATCHES && products > PRODUCTS)) break;
    rows += tokenIds.shape[0] as number;
    count++;
  }
  return count;
}

/** As its user will, with TensorFlow.js's own loader, and in plain JavaScript. */
async function open(folder: string): Promise<RunnableFormat> {
  await useProcessor();
  const model = await loadGraphModel({ load: () => readArtifacts(folder) });
  return {
    run: async (rows) => {
      await useProcessor();
      return runModel((inputs) => model.predict(inputs) as Tensor, rows);
    },
    dispose: async () => model.dispose(),
  };
}

/** The engine that the source runs on may have chosen another backend in between. */
async function useProcessor(): Promise<void> {
  if (engine().backendName !== 'cpu') await setBackend('cpu');
}

async function runModel(predict: (inputs: Record<string, Tensor>) => Tensor, rows: Rows): Promise<HostTensor> {
  const inputs = Object.fromEntries(
    Object.entries(INPUT_NAMES).map(([ours, theirs]) => {
      const { data, shape } = rows[ours as keyof Rows];
      return [theirs, tensor(data, [...shape], 'int32')];
    }),
  );
  const result = predict(inputs);
  const host = { data: (await result.data()) as Float32Array, shape: [...result.shape] };
  for (const each of [...Object.values(inputs), result]) each.dispose();
  return host;
}

async function readArtifacts(folder: string): Promise<io.ModelArtifacts> {
  const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as io.ModelJSON;
  const manifest = model.weightsManifest;
  const files = await Promise.all(manifest.flatMap(({ paths }) => paths.map((path) => readFile(join(folder, path)))));
  const bytes = Buffer.concat(files);
  return {
    modelTopology: model.modelTopology as object,
    format: 'graph-model',
    signature: model.signature as object,
    weightSpecs: manifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(bytes).buffer,
  };
}
