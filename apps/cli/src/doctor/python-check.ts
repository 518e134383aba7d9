import { execa } from 'execa';
import type { Check } from './check.ts';

/** Python opens the Arrow files of a store. Only people and a few tests need it. */
export async function pythonCheck(env: NodeJS.ProcessEnv): Promise<Check> {
  const interpreter = env.RETORT_PYTHON || 'python3';
  const script = 'import sys, pyarrow; print(sys.version.split()[0], "with pyarrow", pyarrow.__version__)';
  const { exitCode, stdout } = await execa(interpreter, ['-c', script], { reject: false, timeout: 30_000 });
  if (exitCode === 0) return { name: 'python (optional)', status: 'ok', detail: stdout.trim() };
  const detail = `${interpreter} with pyarrow not found; only needed to read Arrow files from Python`;
  return {
    name: 'python (optional)',
    status: 'missing',
    detail,
    remedy: 'python3 -m pip install pyarrow, or RETORT_PYTHON=<interpreter that has it>',
  };
}
