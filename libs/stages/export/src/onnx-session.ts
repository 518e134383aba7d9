import { join } from 'node:path';
import type { HostTensor } from '@retort/engine';
import * as ort from 'onnxruntime-node';
import { INPUT_NAMES } from './forward.ts';
import type { Rows, WrittenFormat } from './source.ts';

/** Opens a `model.onnx` as its user will: ONNX Runtime, on the processor. */
export async function openOnnx(name: 'onnx' | 'onnxInt8', folder: string, threads: number): Promise<WrittenFormat> {
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const [output] = session.outputNames as [string];
  return {
    name,
    folder,
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
