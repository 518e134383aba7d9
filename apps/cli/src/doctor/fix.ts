import { progressPrinter, setUpTensorflow } from '@retort/engine/tensorflow-setup';
import { UsageError } from '@retort/foundation/diagnostics';
import { resolvePath } from '@retort/pipeline-schema';
import type { EngineName } from '@retort/plugin-kit';
import type { Console } from '../console.ts';
import type { DoctorOptions, Surroundings } from '../settings.ts';

const BUILDS: Readonly<Partial<Record<EngineName, 'cpu' | 'cuda'>>> = { tensorflow: 'cpu', 'tensorflow-cuda': 'cuda' };

/** Engines that can be set up from here. The others come with `npm ci`, or need a driver. */
export const FIXABLE_ENGINES = Object.keys(BUILDS) as EngineName[];

/**
 * Sets an engine up; says how it goes on standard error.
 *
 * @throws RetortError as `setUpTensorflow`; UsageError for options that mean nothing without --fix
 */
export async function fix(options: DoctorOptions, { cwd, env }: Surroundings, out: Console): Promise<void> {
  const { fix: engine, wheel, index, again } = options;
  if (engine === undefined) {
    const given = Object.entries({ wheel, index, again }).find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined)
      throw new UsageError('USAGE_NEEDS_FIX', `--${given} works only with --fix. Give both, or neither.`);
    return;
  }
  const { status, folder } = await setUpTensorflow({
    build: BUILDS[engine] as 'cpu' | 'cuda',
    env,
    onProgress: progressPrinter((line) => out.remark(line)),
    ...(wheel !== undefined && { wheels: wheel.map((file) => resolvePath(cwd, file)) }),
    ...(index !== undefined && { index }),
    ...(again !== undefined && { again }),
  });
  out.remark(`${status === 'present' ? 'Already set up' : 'Set up'}: ${folder}\n`);
}
