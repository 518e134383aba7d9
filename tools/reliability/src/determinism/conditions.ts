import { availableParallelism } from 'node:os';

/** One way in which a run may differ from another without its bytes being allowed to. */
export interface Condition {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the folder of the store, below a temporary one. */
  readonly store?: string;
  /** Folder that the pipeline file and its data are moved to, and that the command is typed in. */
  readonly folder?: string;
  /** Why it cannot be tried here. */
  readonly skipped?: string;
}

/** What the others are held to. */
export const REFERENCE: Condition = { name: 'reference', args: ['--threads', '1', '--jobs', '1'] };

/** Each is compared with the reference; every run has a store of its own, so that nothing comes from a cache. */
export function conditions(cores: number = availableParallelism()): Condition[] {
  const lacking = cores < 2 ? { skipped: 'one core here' } : {};
  return [
    { ...REFERENCE, name: 'again' },
    { name: '2 threads', args: ['--threads', '2', '--jobs', '1'], ...lacking },
    { name: '4 jobs', args: ['--jobs', '4'] },
    { name: 'another store path', store: 'another store, with ümlauts/and depth' },
    { name: 'another working directory', folder: 'elsewhere/a folder' },
    { name: 'another time zone', env: { TZ: 'Pacific/Kiritimati' } },
    { name: 'another locale', env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } },
  ];
}
