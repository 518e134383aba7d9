import { studentStep } from './student-step.ts';

export async function main(_args: readonly string[]): Promise<number> {
  console.log(await studentStep({ threads: 2, batch: 16, length: 64, repetitions: 10 }));
  return 0;
}
