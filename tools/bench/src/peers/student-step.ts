import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { engineProblem } from '@retort/engine/availability';
import { type Outcome, skipped } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { bertConfig, nameOf } from '../paper-geometry.ts';
import { timed } from '../repeat.ts';
import { createStudentStep, type StepSize, type StudentStep } from '../works/student-step.ts';
import { requireAgreement } from './agreement.ts';
import { withPeer } from './given.ts';
import { type Contender, comparisonRows, interleave } from './interleave.ts';
import { PeerProcess } from './peer-process.ts';
import { writeTensorFile } from './tensor-file.ts';

/** Of the medians: ours to PyTorch's with its default AdamW, and with the fused one. */
const LIMITS = { default: 0.8, fused: 0.95 };
/** The engine tensorflow to PyTorch with its default AdamW. */
const TENSORFLOW_LIMIT = 1.5;
/** float32 on both sides, summed in another order. */
const LOSS_TOLERANCE = 1e-4;

/** The student's step beside PyTorch's: the same weights, batch and signals, dropout 0.1, AdamW over all parameters, no clipping. */
export function studentStepBesidePyTorch(context: BenchContext): Promise<readonly Outcome[]> {
  return withPeer(context, async (peer) => {
    const length = context.quick ? 16 : 64;
    const rows: Outcome[] = [];
    for (const batchSize of [16, 32]) rows.push(...(await compare(context, peer, { batchSize, length })));
    return rows;
  });
}

async function compare(context: BenchContext, peer: PeerProcess, size: StepSize): Promise<Outcome[]> {
  const step = await createStudentStep(context, size, { maxGradientNorm: 0 });
  const { geometry, inputs, trainer } = step;
  const file = await writeWork(context, step);
  const theirs = await peer.load({
    work: 'student-step',
    file,
    config: bertConfig(geometry.student, geometry),
    mapping: geometry.mapping,
  });
  const check = step.withoutDropout();
  const { loss } = await check.step(inputs, { dropoutKey: 0 });
  await check.dispose();
  requireAgreement('the loss', { ours: loss, peers: theirs['loss'] as number, tolerance: LOSS_TOLERANCE });
  const ours = contender(step);
  await ours(2);
  const tensorflow = engineProblem('tensorflow') === undefined ? await createTensorflow(context, size) : undefined;
  await tensorflow?.contender(2);
  const times = await interleave(
    {
      ours,
      tensorflow: tensorflow?.contender ?? (async () => []),
      default: (n) => peer.run('default', n),
      fused: (n) => peer.run('fused', n),
      bf16: (n) => peer.run('bf16', n),
    },
    context.quick ? { rounds: 1, repetitions: 2 } : { rounds: 6, repetitions: 5 },
  );
  await trainer.dispose();
  await tensorflow?.dispose();
  const label = `${nameOf(geometry.student)} at ${size.batchSize} x ${size.length}`;
  const rows = comparisonRows({
    name: `step, ${label}`,
    ours: times.ours,
    peers: {
      'PyTorch, default AdamW': { times: times.default, limit: LIMITS.default },
      'PyTorch, fused AdamW': { times: times.fused, limit: LIMITS.fused },
      'PyTorch, bfloat16 autocast, fused AdamW': { times: times.bf16 },
    },
    notes: `signals of a teacher ${nameOf(geometry.teacher)} given; loss without dropout ${loss.toPrecision(6)} here, ${(theirs['loss'] as number).toPrecision(6)} there`,
  });
  return [...rows, ...tensorflowRows(label, times)];
}

function tensorflowRows(
  label: string,
  { tensorflow, default: peers }: { tensorflow: readonly number[]; default: readonly number[] },
): Outcome[] {
  const name = `step on the engine tensorflow, ${label}`;
  if (tensorflow.length === 0) return [skipped(name, 'not installed: npm run setup:tensorflow')];
  const peer = { times: peers, limit: TENSORFLOW_LIMIT };
  const rows = comparisonRows({
    name,
    who: 'ours on tensorflow',
    ours: tensorflow,
    peers: { 'PyTorch, default AdamW': peer },
  });
  return rows.filter((row) => !row.name.startsWith('the same'));
}

/** One step after the other, dropout drawn anew each time. */
function contender({ inputs, trainer, optimizer }: StudentStep): Contender {
  let steps = 0;
  return async (repetitions) => {
    const times: number[] = [];
    for (let i = 0; i < repetitions; i++)
      times.push(
        await timed(async () => {
          await trainer.step(inputs, { dropoutKey: steps++ });
          optimizer.apply({ names: trainer.reached, learningRateFactor: 1 });
        }),
      );
    return times;
  };
}

async function createTensorflow(
  context: BenchContext,
  size: StepSize,
): Promise<{ contender: Contender; dispose: () => Promise<void> }> {
  const step = await createStudentStep(context, size, { maxGradientNorm: 0, engine: 'tensorflow' });
  return { contender: contender(step), dispose: () => step.trainer.dispose() };
}

async function writeWork({ scratchFolder }: BenchContext, { parameters, inputs }: StudentStep): Promise<string> {
  const folder = join(scratchFolder, 'peer');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'student-step.safetensors');
  // `teacher.hiddenStates.3` becomes `hidden.3`, and likewise scores.
  const given = (prefix: string) =>
    Object.entries(inputs).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    );
  await writeTensorFile(file, {
    student: [...parameters.byName.values()].map(({ name, shape, values }) => [name, { shape, values }] as const),
    input: Object.entries(inputs).filter(([name]) => ['tokenIds', 'segmentIds', 'keyMask'].includes(name)),
    hidden: given('teacher.hiddenStates.'),
    scores: given('teacher.attentionScores.'),
  });
  return file;
}
