import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what set-ups that were killed have left beside `name`: folders with the number of a process that is gone. */
export async function removeLeftovers(parent: string, name: string): Promise<void> {
  const entries = await readdir(parent).catch(() => [] as string[]);
  for (const entry of entries) {
    const pid = entry.startsWith(name) ? /^\.(?:partial|old)-(\d+)$/.exec(entry.slice(name.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(parent, entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
