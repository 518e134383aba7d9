import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '@retort/lab';
import { execa } from 'execa';

/** Who a runner runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Of one group, and with no name here: none is needed. */
const GROUP = 20_000;
export const TWO_USERS: readonly User[] = [
  { uid: 20_001, gid: GROUP },
  { uid: 20_002, gid: GROUP },
];

/** Where folders can be made that other users reach; skipped where runners of two users cannot be started. */
export async function placeForUsers(program: string): Promise<string> {
  if (process.geteuid?.() !== 0) skip('only root may start processes of other users');
  const [user] = TWO_USERS;
  const mayUse = async (...how: string[]) => !(await execa('test', how, { reject: false, ...user })).failed;
  if (!(await mayUse('-r', program))) skip(`other users may not read ${program}`);
  for (const place of [tmpdir(), '/tmp']) if (await mayUse('-x', place)) return place;
  return skip('other users may not reach the folder for temporary files');
}

/** A store of the first user that its group shares, as people make one: `chmod g+rwxs`. */
export function shareStore(folder: string, { store, executions }: { store: string; executions: string }): void {
  const [owner] = TWO_USERS as [User];
  mkdirSync(store);
  chownSync(store, owner.uid, owner.gid);
  chmodSync(store, 0o2770);
  writeFileSync(executions, '');
  chmodSync(executions, 0o666);
  chmodSync(folder, 0o755);
}

/** For caches and whatever else a user has of his own. */
export function homeOf({ uid, gid }: User, folder: string): string {
  const home = join(folder, `home-${uid}`);
  mkdirSync(home, { recursive: true });
  chownSync(home, uid, gid);
  return home;
}
