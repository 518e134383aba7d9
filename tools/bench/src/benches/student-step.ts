import type { Measurement } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { nameOf } from '../paper-geometry.ts';
import { repeat, spreadOf, timed } from '../repeat.ts';
import { createStudentStep, type StepSize } from '../works/student-step.ts';

/** One training step of the student on given signals of its teacher: loss and gradients, then the optimizer. */
export async function studentStep(context: BenchContext): Promise<Measurement[]> {
  const length = context.quick ? 16 : 64;
  return [...(await steps(context, { batchSize: 16, length })), ...(await steps(context, { batchSize: 32, length }))];
}

async function steps(context: BenchContext, size: StepSize): Promise<Measurement[]> {
  const { geometry, inputs, trainer, optimizer } = await createStudentStep(context, size, { maxGradientNorm: 1 });
  const parts = { gradients: [] as number[], optimizer: [] as number[] };
  const repetitions = context.quick ? 3 : 20;
  const total = await repeat({ repetitions, warmUps: 3 }, async (dropoutKey) => {
    parts.gradients.push(await timed(async () => void (await trainer.step(inputs, { dropoutKey }))));
    parts.optimizer.push(
      await timed(async () => void optimizer.apply({ names: trainer.reached, learningRateFactor: 1 })),
    );
  });
  await trainer.dispose();
  const of = `${nameOf(geometry.student)} at ${size.batchSize} x ${size.length}`;
  const notes = `teacher ${nameOf(geometry.teacher)}, its signals given; ${context.threads} threads`;
  return [
    { name: `step, ${of}`, unit: 'ms', ...spreadOf(total), notes },
    { name: `of it gradients, ${of}`, unit: 'ms', ...spreadOf(parts.gradients.slice(-repetitions)) },
    { name: `of it optimizer, ${of}`, unit: 'ms', ...spreadOf(parts.optimizer.slice(-repetitions)), notes: 'AdamW' },
  ];
}
