import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@retort/engine';
import { quantizeDynamically, writeOnnxModel } from '@retort/engine/export';
import * as ort from 'onnxruntime-node';
import { defineExportFormat, type RunnableFormat } from './format.ts';
import { INPUT_NAMES } from './forward.ts';
import { writeTokenizerFiles } from './huggingface-folder.ts';
import type { Rows } from './source.ts';

const FILE = 'model.onnx';

export const onnx = defineExportFormat({
  name: 'onnx',
  title: 'ONNX',
  description: 'One graph for any batch and sequence length.',
  output: { type: 'exported', description: 'model.onnx for any batch and sequence length, with the tokenizer' },
  isFast: true,
  write: async ({ source, folder, graph }) => {
    await writeTokenizerFiles(source, folder);
    await writeFile(join(folder, FILE), writeOnnxModel(await graph()));
  },
  open,
});

export const onnxInt8 = defineExportFormat({
  name: 'onnxInt8',
  title: 'ONNX, int8 weights',
  description: 'The same graph with int8 weights, dynamically quantized.',
  output: { type: 'exported', description: 'model.onnx with int8 weights, with the tokenizer' },
  precision: 'int8',
  isFast: true,
  write: async ({ source, folder, graph }) => {
    await writeTokenizerFiles(source, folder);
    await writeFile(join(folder, FILE), writeOnnxModel(quantizeDynamically(await graph())));
  },
  open,
});

/** As its user will: ONNX Runtime, on the processor. */
async function open(folder: string, { threads }: { readonly threads: number }): Promise<RunnableFormat> {
  const session = await ort.InferenceSession.create(join(folder, FILE), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const [output] = session.outputNames as [string];
  return {
    run: async (rows) => {
      const result = (await session.run(feedsOf(rows)))[output] as ort.Tensor;
      return { data: result.data as Float32Array, shape: result.dims } satisfies HostTensor;
    },
    dispose: () => session.release(),
  };
}

function feedsOf(rows: Rows): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(INPUT_NAMES).map(([ours, theirs]) => {
      const { data, shape } = rows[ours as keyof Rows];
      return [theirs, new ort.Tensor('int64', BigInt64Array.from(data, BigInt), [...shape])];
    }),
  );
}
