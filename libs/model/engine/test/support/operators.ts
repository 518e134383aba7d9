import type { ForwardProgram, HostTensors, Parameter } from '@retort/engine';
import { fuseOperations } from '../../src/trace/fuse.ts';
import type { OnnxGraph } from '../../src/trace/onnx-model.ts';
import { traceForward } from '../../src/trace/trace.ts';

/** Operators of the graph that a forward pass in float32 becomes, in order. ONNX Runtime may join more of them. */
export async function operatorsOf(
  program: ForwardProgram,
  parameters: Iterable<Parameter>,
  inputs: HostTensors,
): Promise<string[]> {
  let fused: OnnxGraph | undefined;
  await traceForward(program, parameters, inputs, (graph) => {
    fused = fuseOperations(graph);
    return fused;
  });
  return (fused as OnnxGraph).nodes.map(({ type }) => type);
}
