import { engine, type Tensor } from '@tensorflow/tfjs-core';
import type { NamedTensors, ProgramContext, TrainingProgram } from './program.ts';

/**
 * Evaluates a training program and its gradients on the current tfjs backend.
 *
 * @param onTerms is called with the loss and the terms while their tensors are alive
 * @returns gradient per parameter name; a parameter that the loss does not reach is missing
 */
export function lossesAndGradients({
  program,
  parameters,
  inputs,
  context,
  onTerms,
}: {
  program: TrainingProgram;
  parameters: NamedTensors;
  inputs: NamedTensors;
  context: ProgramContext;
  onTerms: (loss: Tensor, terms: NamedTensors) => void;
}): Map<string, Tensor> {
  const names = Object.keys(parameters);
  const { grads } = engine().gradients(
    () => {
      const { loss, terms } = program(parameters, inputs, context);
      onTerms(loss, terms);
      return loss;
    },
    names.map((name) => parameters[name] as Tensor),
    undefined,
    true,
  );
  return new Map(names.flatMap((name, i) => (grads[i] ? [[name, grads[i] as Tensor] as const] : [])));
}
