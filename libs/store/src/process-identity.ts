import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** One process, for ever: a process id alone is given out again, in containers within minutes. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The machine's name; its start and the space of its process ids, where the system tells. */
  readonly host: string;
  /** When the process started, in the system's own unit; empty where the system does not tell. */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: thisHost(), started: startOf(process.pid) ?? '' };
}

/** False only when it is certain: a process of another machine may be alive. */
export function mayBeAlive({ pid, host, started }: ProcessIdentity): boolean {
  if (!isThisHost({ host })) return true;
  const found = startOf(pid);
  if (found !== undefined) return found === started;
  try {
    process.kill(pid, 0);
    return started === '';
  } catch (error) {
    // Another user's, whose start the system may hide.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process's id means something here. */
export function isThisHost({ host }: Pick<ProcessIdentity, 'host'>): boolean {
  return host === thisHost();
}

/** Two containers may share a machine and even its name, but not process ids. */
function thisHost(): string {
  return [hostname(), readProc('/proc/sys/kernel/random/boot_id')?.trim(), processSpace()].filter(Boolean).join(' ');
}

function processSpace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat. The command's name before it may hold anything, parentheses included. */
function startOf(pid: number): string | undefined {
  const status = readProc(`/proc/${pid}/stat`);
  return status?.slice(status.lastIndexOf(')') + 2).split(' ')[19];
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
