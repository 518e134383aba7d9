import { basename, join } from 'node:path';
import type { Wheel } from '@retort/engine/tensorflow-builds';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestFile, download } from './download.ts';
import { findWheel } from './package-index.ts';
import { pipIndex } from './pip-settings.ts';
import type { OnProgress } from './progress.ts';

interface Wanted {
  readonly wheels: readonly Wheel[];
  /** Files of the user. */
  readonly given: readonly string[];
  /** Where others are fetched to. */
  readonly folder: string;
  readonly index?: string | undefined;
  readonly patienceSeconds?: number | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Files of all wheels, in order, each with the checksum that was asked for.
 *
 * @throws RetortError WHEEL_UNKNOWN, WHEEL_CHECKSUM, INDEX_UNREACHABLE, INDEX_LACKS_WHEEL, DOWNLOAD_FAILED
 */
export async function obtainWheels(wanted: Wanted): Promise<string[]> {
  const { wheels, folder, env = process.env, onProgress = () => {} } = wanted;
  const own = await identify(wanted);
  const files: string[] = [];
  for (const wheel of wheels) {
    const mine = own.get(wheel.sha256);
    if (mine !== undefined) {
      files.push(mine);
      continue;
    }
    const file = join(folder, wheel.file);
    const locate = () => findWheel(wanted.index ?? pipIndex(env), wheel, wanted);
    await download({ wheel, file, locate, onProgress });
    files.push(file);
  }
  return files;
}

/** Which of the wheels the user's files are, by checksum. Every file that is none of them is refused. */
async function identify({ wheels, given, onProgress = () => {} }: Wanted): Promise<Map<string, string>> {
  const own = new Map<string, string>();
  const problems: string[] = [];
  for (const file of given) {
    onProgress({ step: `check ${basename(file)}` });
    const sha256 = await digestFile(file);
    if (wheels.some((wheel) => wheel.sha256 === sha256)) own.set(sha256, file);
    else problems.push(`${file} has the checksum ${sha256}`);
  }
  if (problems.length === 0) return own;
  const known = wheels.map(({ file, sha256 }) => `${file} ${sha256}`).join('\n  ');
  throw new RetortError(
    'WHEEL_UNKNOWN',
    `${problems.join('; ')}, which is another version or a damaged file. libs/model/engine/src/tensorflow-setup/README.md has the command that downloads it. Expected one of:\n  ${known}`,
  );
}
