import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OnnxGraph, quantizeDynamically, writeOnnxModel } from '@retort/engine/export';
import type { StageContext } from '@retort/plugin-kit';
import { shippedGraph } from './forward.ts';
import { openHuggingFaceFolder, writeHuggingFaceFolder, writeTokenizerFiles } from './huggingface-folder.ts';
import type { exportModel } from './index.ts';
import { openOnnx } from './onnx-session.ts';
import type { Source, WrittenFormat } from './source.ts';
import { openGraphModel } from './tfjs/run-graph-model.ts';
import { writeGraphModel } from './tfjs/write-graph-model.ts';

/** Writes every format that was asked for, and opens each again from its files. */
export async function writeFormats(
  context: StageContext<typeof exportModel>,
  source: Source,
): Promise<WrittenFormat[]> {
  const formats: WrittenFormat[] = [];
  const { formats: names } = context.config;
  const graph = names.some((name) => name !== 'huggingface') ? await shippedGraph(source.model) : undefined;
  for (const [done, name] of names.entries()) {
    context.throwIfInterrupted();
    context.progress({ done, total: names.length, unit: 'formats' });
    const path = context.outputs[name]?.path;
    if (path === undefined) continue;
    if (name === 'huggingface') {
      await writeHuggingFaceFolder(context, source, path);
      formats.push(await openHuggingFaceFolder(context, path));
      continue;
    }
    await writeTokenizerFiles(source, path);
    formats.push(await writeGraph(name, graph as OnnxGraph, { path, threads: context.threads }));
  }
  return formats;
}

async function writeGraph(
  name: 'onnx' | 'onnxInt8' | 'tfjs',
  graph: OnnxGraph,
  { path, threads }: { path: string; threads: number },
): Promise<WrittenFormat> {
  if (name === 'tfjs') {
    await writeGraphModel(graph, path);
    return openGraphModel(path);
  }
  await writeFile(join(path, 'model.onnx'), writeOnnxModel(name === 'onnx' ? graph : quantizeDynamically(graph)));
  return openOnnx(name, path, threads);
}
