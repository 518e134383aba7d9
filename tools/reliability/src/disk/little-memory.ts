import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandEnd, digestsOf, findStackTrace, retort } from '../command.ts';
import { cutArguments } from '../crash/cut-pipeline.ts';
import { isWanted, type SuiteCase, type SuiteSettings } from '../suite.ts';

const RUN = cutArguments('teacher');
/** Of address space: below, Node itself does not start; at the end everything fits. */
const ADDRESS_MEBIBYTES = [900, 1200, 1500, 2500];
/** Of memory in use: the runner, or a stage, is ended by the system; at the end everything fits. */
const GROUP_MEBIBYTES = [80, 130, 200, 2000];

const GROUPS = { one: '/sys/fs/cgroup/memory', two: '/sys/fs/cgroup' } as const;

/** A limit that the system sets on memory: reported clearly by whoever still can, and nothing stored is damaged. */
export async function littleMemoryCases(
  settings: SuiteSettings,
  limits = { address: ADDRESS_MEBIBYTES, group: GROUP_MEBIBYTES },
): Promise<SuiteCase[]> {
  const trials = [
    ...limits.address.map((mebibytes) => ({
      name: `ulimit -v of ${mebibytes} MiB`,
      prefix: () => addressLimit(mebibytes),
    })),
    ...limits.group.map((mebibytes) => ({
      name: `control group of ${mebibytes} MiB`,
      prefix: () => groupLimit(mebibytes),
    })),
  ];
  const folder = mkdtempSync(join(tmpdir(), 'retort-memory-'));
  const cases: SuiteCase[] = [];
  try {
    const { workspace } = settings;
    const wanted = trials.filter(({ name }) => isWanted(name, settings));
    const reference =
      wanted.length === 0 ? undefined : await retort({ workspace, store: join(folder, 'all'), args: RUN });
    for (const { name, prefix } of wanted) {
      const each = await tryLimit(name, prefix(), {
        workspace,
        store: join(folder, name),
        reference: reference as CommandEnd,
      });
      settings.say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
      cases.push(each);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return cases;
}

interface Limit {
  /** Comes before the command. */
  readonly words: readonly string[];
  readonly remove: () => void;
}

async function tryLimit(
  name: string,
  limit: Limit | { readonly skipped: string },
  { workspace, store, reference }: { workspace: string; store: string; reference: CommandEnd },
): Promise<SuiteCase> {
  if ('skipped' in limit) return { name, status: 'skipped', detail: limit.skipped };
  try {
    const limited = await retort({ workspace, store, args: RUN, prefix: limit.words });
    const verified = await retort({ workspace, store, args: ['verify', '--dry-run'] });
    const again = await retort({ workspace, store, args: RUN });
    const detail = `ended with ${limited.exitCode ?? 'a signal'} ${/\b[A-Z]+(_[A-Z]+)+\b/.exec(limited.stderr)?.[0] ?? ''}`;
    const fault = findFault({ limited, verified, again, reference });
    return fault === undefined
      ? { name, status: 'held', detail }
      : { name, status: 'failed', detail: `${detail}: ${fault}` };
  } finally {
    limit.remove();
  }
}

function findFault(
  ends: Readonly<Record<'limited' | 'verified' | 'again' | 'reference', CommandEnd>>,
): string | undefined {
  const trace = Object.values(ends)
    .map(findStackTrace)
    .find((each) => each !== undefined);
  if (trace !== undefined) return `a stack: ${trace}`;
  if (ends.verified.exitCode !== 0) return `verify reports ${ends.verified.stdout}${ends.verified.stderr}`;
  const [expected, found] = [digestsOf(ends.reference), digestsOf(ends.again)];
  if (expected === undefined || found === undefined) return `without the limit: ${ends.again.stderr.slice(-500)}`;
  const other = Object.keys(expected).find((port) => found[port] !== expected[port]);
  return other === undefined ? undefined : `${other} has other bytes`;
}

function addressLimit(mebibytes: number): Limit | { readonly skipped: string } {
  if (process.platform !== 'linux') return { skipped: 'ulimit -v is of Linux' };
  return { words: ['bash', '-c', `ulimit -v ${mebibytes * 1024} && exec "$@"`, 'bash'], remove: () => {} };
}

function groupLimit(mebibytes: number): Limit | { readonly skipped: string } {
  const isFirst = existsSync(join(GROUPS.one, 'memory.limit_in_bytes'));
  const group = join(isFirst ? GROUPS.one : GROUPS.two, `retort-${process.pid}-${mebibytes}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(mebibytes * 1024 * 1024));
  } catch (error) {
    if (existsSync(group)) rmdirSync(group);
    return { skipped: `no control group can be made here: ${(error as Error).message}` };
  }
  const words = ['bash', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'bash'];
  return { words, remove: () => rmdirSync(group) };
}
