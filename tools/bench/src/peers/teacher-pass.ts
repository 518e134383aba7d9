import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForwardPass, HostTensor } from '@retort/engine';
import type { Outcome } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { nameOf } from '../paper-geometry.ts';
import { timed } from '../repeat.ts';
import { BATCH_ROWS, createTeacherPass } from '../works/teacher-pass.ts';
import { requireAgreement } from './agreement.ts';
import { withPeer } from './given.ts';
import { comparisonRows, interleave } from './interleave.ts';
import { writeTensorFile } from './tensor-file.ts';

/** Of the medians, both in float32. */
const LIMIT = 1.1;
/** int8 of ours to float32 of theirs. */
const INT8_LIMIT = 0.35;
const TOLERANCE = 1e-4;

/** The teacher's pass beside PyTorch's: the same weights and batch, all hidden states and scores as results. */
export function teacherPassBesidePyTorch(context: BenchContext): Promise<readonly Outcome[]> {
  return withPeer(context, async (peer) => {
    const { config, weights, inputs, length, passIn } = await createTeacherPass(context);
    const [pass, quantized] = [passIn('float32'), passIn('int8')];
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
    const error = relativeError(results, await quantized.run(inputs));
    const contender = (each: ForwardPass) => async (repetitions: number) => {
      const times: number[] = [];
      for (let i = 0; i < repetitions; i++) times.push(await timed(async () => void (await each.run(inputs))));
      return times;
    };
    const times = await interleave(
      {
        ours: contender(pass),
        int8: contender(quantized),
        float32: (n) => peer.run('default', n),
        bf16: (n) => peer.run('bf16', n),
      },
      context.quick ? { rounds: 1, repetitions: 2 } : { rounds: 5, repetitions: 3 },
    );
    await Promise.all([pass.dispose(), quantized.dispose()]);
    const comparison = comparisonRows({
      name: `pass, ${nameOf(config)} at ${BATCH_ROWS} x ${length}`,
      ours: times.ours,
      peers: {
        'PyTorch, float32': { times: times.float32, limit: LIMIT },
        'PyTorch, bfloat16 autocast': { times: times.bf16 },
      },
      notes: 'all hidden states and attention scores out',
    });
    const int8 = comparisonRows({
      name: `pass in int8, ${nameOf(config)} at ${BATCH_ROWS} x ${length}`,
      who: 'ours in int8',
      ours: times.int8,
      peers: { 'PyTorch, float32': { times: times.float32, limit: INT8_LIMIT } },
      notes: `differs from float32 by ${(100 * error).toPrecision(2)} % (root mean square over all results, random weights)`,
    });
    return [...comparison, ...int8.filter(({ name }) => !name.startsWith('the same'))];
  });
}

function sumOfSquares(tensors: readonly HostTensor[]): number {
  let sum = 0;
  for (const { data } of tensors) for (const value of data) sum += value * value;
  return sum;
}

function relativeError(
  exact: Readonly<Record<string, HostTensor>>,
  other: Readonly<Record<string, HostTensor>>,
): number {
  let [squares, differences] = [0, 0];
  for (const [name, { data }] of Object.entries(exact))
    for (const [i, value] of data.entries()) {
      squares += value ** 2;
      differences += (value - ((other[name] as HostTensor).data[i] as number)) ** 2;
    }
  return Math.sqrt(differences / squares);
}
