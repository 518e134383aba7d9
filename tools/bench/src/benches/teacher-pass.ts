import type { Measurement } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { nameOf } from '../paper-geometry.ts';
import { repeat, spreadOf } from '../repeat.ts';
import { BATCH_ROWS, createTeacherPass } from '../works/teacher-pass.ts';

/** One pass of the teacher, in evaluation mode, with every hidden state and every attention score as results. */
export async function teacherPass(context: BenchContext): Promise<Measurement[]> {
  const { config, inputs, length, passIn } = await createTeacherPass(context);
  const rows: Measurement[] = [];
  for (const precision of ['float32', 'int8'] as const) {
    const pass = passIn(precision);
    const times = await repeat({ repetitions: context.quick ? 3 : 10, warmUps: 2 }, async () => {
      await pass.run(inputs);
    });
    await pass.dispose();
    const rate = Math.round((BATCH_ROWS * length * 1000) / spreadOf(times).value);
    rows.push({
      name: `pass in ${precision}, ${nameOf(config)} at ${BATCH_ROWS} x ${length}`,
      unit: 'ms',
      ...spreadOf(times),
      notes: `all hidden states and attention scores out; ${rate} tokens/s; ${context.threads} threads`,
    });
  }
  return rows;
}
