import { stat } from 'node:fs/promises';
import { readJson, writeAtomically } from './files.ts';

/** What a file looked like when its bytes were last hashed. As text: nanoseconds do not fit a number. */
type FileState = string;
export type TreeState = Readonly<Record<string, FileState>>;

/** A file changed this short before it was hashed might change again without its times changing. */
const CLOCK_GRAIN_NANOSECONDS = 20_000_000n;

export async function stateOf(path: string): Promise<FileState> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return [size, mtimeNs, ctimeNs, ino].join(' ');
}

/**
 * Remembers that the files in these states had the right bytes; those that changed a moment ago are left out. Only a memo:
 * losing it costs hashing again.
 */
export async function rememberVerified(path: string, states: TreeState): Promise<void> {
  const newest = BigInt(Date.now()) * 1_000_000n - CLOCK_GRAIN_NANOSECONDS;
  const settled = Object.entries(states).filter(([, state]) => BigInt(state.split(' ')[2] as string) < newest);
  if (settled.length > 0) await writeAtomically(path, JSON.stringify(Object.fromEntries(settled))).catch(() => {});
}

export async function recallVerified(path: string): Promise<TreeState> {
  const states = await readJson(path).catch(() => undefined);
  return typeof states === 'object' && states !== null ? (states as TreeState) : {};
}
