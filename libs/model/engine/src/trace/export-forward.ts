import type { FreeAxes } from '../engine.ts';
import type { Parameter } from '../parameters.ts';
import type { ForwardProgram } from '../program.ts';
import type { OnnxGraph } from './onnx-model.ts';
import { recordForAllSizes } from './record-for-all-sizes.ts';

export interface ForwardExport {
  readonly program: ForwardProgram;
  readonly parameters: Iterable<Parameter>;
  /** Inputs of the program are whole numbers. */
  readonly freeAxes: FreeAxes;
  /** Input of the program -> what the graph calls it, in the graph's order. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * A forward pass as one ONNX graph for all sizes, with the weights in it, made of operators that every runtime has.
 * Inputs are int64; outputs have the program's names.
 */
export function exportForward({ program, parameters, freeAxes, names }: ForwardExport): Promise<OnnxGraph> {
  const inputs = Object.entries(names).map(([key, name]) => ({ key, name, isInteger: true }));
  return recordForAllSizes({ program, parameters, freeAxes, inputs, isPortable: true });
}
