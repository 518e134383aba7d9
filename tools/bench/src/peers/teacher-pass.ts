import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@retort/engine';
import type { BenchContext, Outcome } from '../bench.ts';
import { nameOf } from '../paper-geometry.ts';
import { timed } from '../repeat.ts';
import { BATCH_ROWS, createTeacherPass } from '../works/teacher-pass.ts';
import { requireAgreement } from './agreement.ts';
import { comparisonRows, interleave } from './interleave.ts';
import { writeTensorFile } from './tensor-file.ts';
import { withPeer } from './with-peer.ts';

/** Of the medians, both in float32. */
const LIMIT = 1.1;
const TOLERANCE = 1e-4;

/** The teacher's pass beside PyTorch's: the same weights and batch, all hidden states and scores as results. */
export function teacherPassBesidePyTorch(context: BenchContext): Promise<readonly Outcome[]> {
  return withPeer(context, async (peer) => {
    const { config, weights, inputs, length, pass } = await createTeacherPass(context);
    const folder = join(context.scratchFolder, 'peer');
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'teacher-pass.safetensors');
    await writeTensorFile(file, {
      teacher: weights.map(({ name, shape, values }) => [name, { shape, values }] as const),
      input: Object.entries(inputs),
    });
    const theirs = await peer.load({ work: 'teacher-pass', file, config });
    const results = await pass.run(inputs);
    for (const [what, prefix] of [
      ['hiddenSquares', 'hidden'],
      ['scoreSquares', 'attention'],
    ] as const)
      requireAgreement(`the sum of squares of all ${prefix} results`, {
        ours: sumOfSquares(
          Object.entries(results)
            .filter(([name]) => name.startsWith(prefix))
            .map(([, tensor]) => tensor),
        ),
        peers: theirs[what] as number,
        tolerance: TOLERANCE,
      });
    const ours = async (repetitions: number) => {
      const times: number[] = [];
      for (let i = 0; i < repetitions; i++) times.push(await timed(async () => void (await pass.run(inputs))));
      return times;
    };
    const times = await interleave(
      { ours, float32: (n) => peer.run('default', n), bf16: (n) => peer.run('bf16', n) },
      context.isQuick ? { rounds: 1, repetitions: 2 } : { rounds: 5, repetitions: 3 },
    );
    await pass.dispose();
    return comparisonRows({
      name: `pass, ${nameOf(config)} at ${BATCH_ROWS} x ${length}`,
      ours: times.ours,
      peers: {
        'PyTorch, float32': { times: times.float32, limit: LIMIT },
        'PyTorch, bfloat16 autocast': { times: times.bf16 },
      },
      notes: 'all hidden states and attention scores out',
    });
  });
}

function sumOfSquares(tensors: readonly HostTensor[]): number {
  let sum = 0;
  for (const { data } of tensors) for (const value of data) sum += value * value;
  return sum;
}
