// @ts-check
import { flags, launchRetort } from './launch.mjs';

/**
 * `nx g @retort/nx-plugin:stage shout`: what `retort new stage shout` writes, by that command. After the generator, since Nx calls what a generator
 * returns only where it may write (`--dry-run` writes nothing).
 *
 * @param {{ root: string }} tree
 * @param {{ name: string, out?: string }} options
 */
export default function generate({ root }, { name, ...others }) {
  return async () => {
    const code = await launchRetort({ root, cwd: process.cwd(), args: ['new', 'stage', name, ...flags(others)] });
    if (code !== 0) throw new Error('Nothing was written.');
  };
}
