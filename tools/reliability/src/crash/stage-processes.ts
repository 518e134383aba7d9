import { readdirSync, readFileSync } from 'node:fs';

/** Processes that run a stage of this store, by the task file that each has as its argument. Linux alone can say. */
export function stageProcesses(store: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandOf(pid).some((argument) => argument.startsWith(`${store}/`)));
}

/** @returns whether a stage's process was there to be killed */
export function killStage(store: string): boolean {
  const [pid] = stageProcesses(store);
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
