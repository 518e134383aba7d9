import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxEnd, OnnxGraph } from '@retort/engine/export';
import { type TensorFlowWeight, tensorShape, toTensorFlow } from './to-tensorflow.ts';

/** What browsers cache well. */
const SHARD_BYTES = 4 * 1024 * 1024;

/**
 * Writes `model.json` and its weight files, as TensorFlow.js's `loadGraphModel` reads them. Inputs are int32
 * [batch, sequence] and have HuggingFace's names.
 */
export async function writeGraphModel(graph: OnnxGraph, folder: string): Promise<void> {
  const { nodes, weights, inputs, outputs } = toTensorFlow(graph);
  const paths = await writeShards(weights, folder);
  const model = {
    format: 'graph-model',
    generatedBy: 'retort',
    convertedBy: 'retort',
    signature: { inputs: signature(inputs, 'DT_INT32'), outputs: signature(outputs, 'DT_FLOAT') },
    modelTopology: { node: nodes, versions: { producer: 1087 } },
    weightsManifest: [{ paths, weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) }],
  };
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(model)}\n`);
}

function signature(ends: readonly OnnxEnd[], dtype: string): Record<string, unknown> {
  return Object.fromEntries(
    ends.map(({ name, shape }) => [name, { name: `${name}:0`, dtype, tensorShape: tensorShape(shape) }]),
  );
}

/** All weights one after another, cut into files of a few megabytes. */
async function writeShards(weights: readonly TensorFlowWeight[], folder: string): Promise<string[]> {
  const bytes = Buffer.concat(weights.map((weight) => weight.bytes));
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  for (const [i, path] of paths.entries())
    await writeFile(join(folder, path), bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES));
  return paths;
}
