import type { HostTensors } from '../engine.ts';
import type { Parameter } from '../parameters.ts';
import type { ForwardProgram } from '../program.ts';
import { mergeRecordings, type SizedRecording } from './symbolic.ts';
import type { OnnxGraph } from './onnx-model.ts';
import { batchInput, recordForward } from './trace.ts';

/** An input of a program that is exported: whole numbers. */
export interface ExportedInput {
  /** What the graph calls it. */
  readonly name: string;
  /** Names of its axes, which may have any size: `['batch', 'sequence']`. */
  readonly dimensions: readonly string[];
}

export interface ForwardExport {
  readonly program: ForwardProgram;
  readonly parameters: Iterable<Parameter>;
  /** Input of the program -> what becomes of it. */
  readonly inputs: Readonly<Record<string, ExportedInput>>;
  /** Two sizes of each axis that the program is recorded at: different, and none of them special to the program. */
  readonly probes: Readonly<Record<string, readonly [number, number]>>;
}

/**
 * A forward pass as one ONNX graph for all sizes, with the weights in it, made of operators that every runtime has.
 * Inputs are int64; outputs have the program's names.
 */
export async function exportForward({ program, parameters, inputs, probes }: ForwardExport): Promise<OnnxGraph> {
  const weights = [...parameters];
  const recordings: SizedRecording[] = [];
  for (const index of [0, 1] as const) {
    const sizes = Object.fromEntries(Object.entries(probes).map(([name, pair]) => [name, pair[index]]));
    recordings.push({ ...(await recordForward(program, weights, probeInputs(inputs, sizes))), sizes });
  }
  const [first, second] = recordings as [SizedRecording, SizedRecording];
  const named = Object.entries(inputs).map(([key, input]) => ({ ...input, value: batchInput(key) }));
  return mergeRecordings(first, second, named);
}

function probeInputs(inputs: ForwardExport['inputs'], sizes: Readonly<Record<string, number>>): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, { dimensions }]) => {
      const shape = dimensions.map((name) => sizes[name] as number);
      return [key, { shape, data: new Int32Array(shape.reduce((a, b) => a * b, 1)) }];
    }),
  );
}
