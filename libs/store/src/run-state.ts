import type { Beat, Claims } from './claims.ts';
import type { StoreLayout } from './layout.ts';
import { readPresence } from './presence.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { runFiles } from './runs.ts';

/** `ended`: by itself, with everything written. `dead`: its process died before. `alive`: it may go on. */
export type RunState = 'alive' | 'dead' | 'ended';

export function beatOfRun(run: string, { runner, beatAt }: { runner: ProcessIdentity; beatAt: number }): Beat {
  return { id: run, process: runner, beatAt };
}

export async function runState(layout: StoreLayout, claims: Claims, run: string): Promise<RunState> {
  const presence = await readPresence(runFiles(layout, run).folder);
  if (presence === undefined) return 'ended';
  return (await claims.isAlive(beatOfRun(run, presence))) ? 'alive' : 'dead';
}
