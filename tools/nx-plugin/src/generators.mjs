// @ts-check
import { flags, launchRetort } from './launch.mjs';

/**
 * `nx g @retort/nx-plugin:metric error-rate`: what `retort new metric error-rate` writes, by that command. After the generator,
 * since Nx calls what a generator returns only where it may write (`--dry-run` writes nothing).
 *
 * @param {string} kind
 */
function generatorOf(kind) {
  /**
   * @param {{ root: string }} tree
   * @param {{ name: string, out?: string }} options
   */
  return ({ root }, { name, ...others }) =>
    async () => {
      const code = await launchRetort({ root, cwd: process.cwd(), args: ['new', kind, name, ...flags(others)] });
      if (code !== 0) throw new Error('Nothing was written.');
    };
}

export const stage = generatorOf('stage');
export const lossTerm = generatorOf('loss-term');
export const lossKind = generatorOf('loss-kind');
export const teacherSignal = generatorOf('teacher-signal');
export const optimizer = generatorOf('optimizer');
export const schedule = generatorOf('schedule');
export const metric = generatorOf('metric');
export const taskFormat = generatorOf('task-format');
