import type { InitialValues } from '@retort/engine';
import {
  type Engine,
  type ForwardProgram,
  type FreeAxes,
  type HostTensors,
  ParameterSet,
  type TrainingProgram,
} from '@retort/engine';
import type { Results } from './conformance-case.ts';

/** Loss, terms and the gradient of every parameter that the loss reaches. */
export async function resultsOfStep(
  engine: Engine,
  program: TrainingProgram,
  { initial, inputs, dropoutKey = 0 }: { initial: InitialValues; inputs: HostTensors; dropoutKey?: number },
): Promise<Results> {
  const parameters = new ParameterSet(initial);
  const trainer = engine.trainer(program, parameters);
  try {
    const { loss, terms } = await trainer.step(inputs, { dropoutKey });
    const gradients = [...parameters.byName].filter(([name]) => trainer.reached.has(name));
    return {
      loss: [loss],
      ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [`term ${name}`, [value]])),
      ...Object.fromEntries(gradients.map(([name, { gradient }]) => [`gradient of ${name}`, gradient])),
    };
  } finally {
    await trainer.dispose();
  }
}

export async function resultsOfForward(
  engine: Engine,
  program: ForwardProgram,
  { initial, inputs, freeAxes }: { initial: InitialValues; inputs: HostTensors; freeAxes?: FreeAxes },
): Promise<Results> {
  const pass = engine.forward(
    program,
    [...initial].map(([name, values]) => ({ name, ...values })),
    freeAxes && { freeAxes },
  );
  try {
    const outputs = Object.entries(await pass.run(inputs));
    return Object.fromEntries(
      outputs.flatMap(([name, { data, shape }]) => [
        [name, data],
        [`shape of ${name}`, shape],
      ]),
    );
  } finally {
    await pass.dispose();
  }
}
