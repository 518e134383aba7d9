import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Case,
  having,
  inFolder,
  lazily,
  requireNoStackTrace,
  requireResults,
  requireSame,
  retort,
  type SuiteContext,
  skip,
} from '@retort/lab';
import { cutArguments } from '../cut-pipeline.ts';
import { codesIn, requireWhole } from './ends.ts';

const RUN = cutArguments('teacher');
/** Of address space: below, Node itself does not start; at the end everything fits. */
const ADDRESS_MEBIBYTES = [900, 1200, 1500, 2500];
/** Of memory in use: the runner, or a stage, is ended by the system; at the end everything fits. */
const GROUP_MEBIBYTES = [80, 130, 200, 2000];

const GROUPS = { one: '/sys/fs/cgroup/memory', two: '/sys/fs/cgroup' } as const;

/** A limit that the system sets on memory: reported clearly by whoever still can, and nothing stored is damaged. */
export function littleMemoryCases({ workspace, scratchFolder }: SuiteContext): Case[] {
  const type = (store: string, args: readonly string[], prefix: readonly string[] = []) =>
    retort({ workspace, store, args, prefix });
  const reference = lazily(() => type(join(scratchFolder, 'much-memory'), RUN));
  const tryLimit = (limit: Limit) =>
    inFolder(scratchFolder, async (store) => {
      try {
        const limited = await type(store, RUN, limit.words);
        const verified = await type(store, ['verify', '--dry-run']);
        const again = await type(store, RUN);
        return await having(`ended with ${limited.exitCode ?? 'a signal'} ${codesIn(limited)[0] ?? ''}`, async () => {
          requireNoStackTrace(limited, verified, again, await reference());
          requireWhole(verified);
          requireSame(requireResults(await reference()), requireResults(again, 'without the limit, the run'));
        });
      } finally {
        limit.remove();
      }
    });
  return [
    ...ADDRESS_MEBIBYTES.map((mebibytes) => ({
      name: `ulimit -v of ${mebibytes} MiB`,
      run: () => tryLimit(addressLimit(mebibytes)),
    })),
    ...GROUP_MEBIBYTES.map((mebibytes) => ({
      name: `control group of ${mebibytes} MiB`,
      run: () => tryLimit(groupLimit(mebibytes)),
    })),
  ];
}

interface Limit {
  /** Comes before the command. */
  readonly words: readonly string[];
  readonly remove: () => void;
}

function addressLimit(mebibytes: number): Limit {
  if (process.platform !== 'linux') skip('ulimit -v is of Linux');
  return { words: ['bash', '-c', `ulimit -v ${mebibytes * 1024} && exec "$@"`, 'bash'], remove: () => {} };
}

function groupLimit(mebibytes: number): Limit {
  const isFirst = existsSync(join(GROUPS.one, 'memory.limit_in_bytes'));
  const group = join(isFirst ? GROUPS.one : GROUPS.two, `retort-${process.pid}-${mebibytes}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(mebibytes * 1024 * 1024));
  } catch (error) {
    if (existsSync(group)) rmdirSync(group);
    skip(`no control group can be made here: ${(error as Error).message}`);
  }
  const words = ['bash', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'bash'];
  return { words, remove: () => rmdirSync(group) };
}
