import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@retort/engine';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import '@tensorflow/tfjs-backend-cpu';
import { engine, io, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { INPUT_NAMES } from '../forward.ts';
import type { Rows, WrittenFormat } from '../source.ts';

/** Loads a graph model as its user will, with TensorFlow.js's own loader, and runs it in plain JavaScript. */
export async function openGraphModel(folder: string): Promise<WrittenFormat> {
  await useProcessor();
  const model = await loadGraphModel({ load: () => readArtifacts(folder) });
  return {
    name: 'tfjs',
    folder,
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
