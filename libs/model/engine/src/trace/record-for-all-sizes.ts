import type { FreeAxes, HostTensors } from '../engine.ts';
import type { Parameter } from '../parameters.ts';
import type { ForwardProgram } from '../program.ts';
import type { OnnxGraph } from './onnx-model.ts';
import { mergeRecordings, type NamedInput, type SizedRecording } from './symbolic.ts';
import { batchInput, recordForward } from './trace.ts';

interface GraphInput {
  /** Input of the program. */
  readonly key: string;
  /** What the graph calls it. */
  readonly name: string;
  readonly isInteger: boolean;
}

interface Recording {
  readonly program: ForwardProgram;
  readonly parameters: Iterable<Parameter>;
  readonly freeAxes: FreeAxes;
  readonly inputs: readonly GraphInput[];
  /** For any runtime: its operators, and int64 for whole numbers. Else int32, and what ONNX Runtime is fastest with. */
  readonly isPortable: boolean;
}

/**
 * A forward pass as one graph for all sizes, with the weights in it; outputs have the program's names.
 *
 * @throws RetortError TRACE_NOT_SYMBOLIC when the program does something else at another size
 */
export async function recordForAllSizes({
  program,
  parameters,
  freeAxes: { inputs: axes, probes },
  inputs,
  isPortable,
}: Recording): Promise<OnnxGraph> {
  const weights = [...parameters];
  const recordings: SizedRecording[] = [];
  for (const index of [0, 1] as const) {
    const sizes = Object.fromEntries(Object.entries(probes).map(([name, pair]) => [name, pair[index]]));
    recordings.push({ ...(await recordForward(program, weights, probeInputs(inputs, axes, sizes))), sizes });
  }
  const [first, second] = recordings as [SizedRecording, SizedRecording];
  const whole = isPortable ? 'int64' : 'int32';
  const named = inputs.map(
    ({ key, name, isInteger }): NamedInput => ({
      name,
      dimensions: axes[key] as readonly string[],
      value: batchInput(key),
      type: isInteger ? whole : 'float32',
    }),
  );
  return mergeRecordings(first, second, { inputs: named, isPortable });
}

function probeInputs(
  inputs: readonly GraphInput[],
  axes: FreeAxes['inputs'],
  sizes: Readonly<Record<string, number>>,
): HostTensors {
  return Object.fromEntries(
    inputs.map(({ key, isInteger }) => {
      const shape = (axes[key] as readonly string[]).map((name) => sizes[name] as number);
      const length = shape.reduce((a, b) => a * b, 1);
      return [key, { shape, data: isInteger ? new Int32Array(length) : new Float32Array(length) }];
    }),
  );
}
