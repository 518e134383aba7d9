import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomStream } from '@retort/foundation/random';
import { type Ended, having, inFolder, RetortProcess } from '@retort/lab';
import { ArtifactStore } from '@retort/store';
import { STAGES } from './graph.ts';
import type { RunnerOrder } from './runner.ts';
import { homeOf, shareStore, type User } from './two-users.ts';

export interface CrowdOptions {
  /** Bundle of `runner.ts`. */
  readonly program: string;
  readonly workspace: string;
  readonly runners: number;
  /** What is done to runners while they run, and to how many. */
  readonly harm: 'none' | 'kill' | 'stop';
  readonly harms: number;
  /** Folder in which the store is made. */
  readonly place: string;
  /** Whose the runners are, in turn; those of this process when left out. */
  readonly users?: readonly User[];
  readonly random: RandomStream;
}

const CLAIM_LIMIT_SECONDS = 1;
/** Longer than the limit, so that others take over. */
const MILLISECONDS_STOPPED = 4000;
const STAGE_MILLISECONDS = 400;
/** A runner that waits for longer waits for ever. */
const MOST_SECONDS = 180;

const HARMED = { none: 'harmed', kill: 'killed', stop: 'stopped' } as const;

interface Member {
  readonly running: RetortProcess;
  wasKilled: boolean;
}

/** Starts many runners of one pipeline on one store, and does harm to some. @returns what was seen */
export function tryCrowd(options: CrowdOptions): Promise<string> {
  return inFolder(options.place, async (folder) => {
    const store = join(folder, 'store');
    const executions = join(folder, 'executions');
    if (options.users !== undefined) shareStore(folder, { store, executions });
    const members = Array.from({ length: options.runners }, (_, i) => start(options, { folder, store, executions, i }));
    const harmed = await harm(members, options);
    const ends = await Promise.all(members.map(({ running }) => running.ended));
    const begun = countBegun(executions);
    const counts = STAGES.map((name) => `${name} ${begun.get(name) ?? 0}`).join(', ');
    return having(`${options.runners} runners, ${harmed} ${HARMED[options.harm]}, executions ${counts}`, async () => {
      requireSameResults(ends.filter((_, i) => !members[i]?.wasKilled));
      requireFew(begun, harmed);
      await requireClean(store);
    });
  });
}

function start(
  { program, workspace, random, users = [] }: CrowdOptions,
  { folder, store, executions, i }: { folder: string; store: string; executions: string; i: number },
): Member {
  const order: RunnerOrder = {
    workspace,
    store,
    executions,
    milliseconds: STAGE_MILLISECONDS,
    claimLimitSeconds: CLAIM_LIMIT_SECONDS,
    jobs: 1 + random.below(3),
  };
  const user = users[i % users.length];
  const running = new RetortProcess({
    workspace,
    store,
    program: [process.execPath, program],
    args: [JSON.stringify(order)],
    mostSeconds: MOST_SECONDS,
    ...(user && { user, cwd: folder, env: { HOME: homeOf(user, folder) } }),
  });
  return { running, wasKilled: false };
}

/** Harms those that execute something: whoever only waits has nothing that could be taken over. */
async function harm(members: readonly Member[], { harm: kind, harms, random }: CrowdOptions): Promise<number> {
  if (kind === 'none') return 0;
  let done = 0;
  while (done < harms && members.some(isRunning)) {
    const member = members.find((each) => isRunning(each) && isExecuting(each));
    await sleep(50 + random.below(STAGE_MILLISECONDS));
    if (member === undefined || !isRunning(member)) continue;
    if (kind === 'kill') kill(member);
    else await stop(member);
    done++;
  }
  return done;
}

function kill(member: Member): void {
  member.wasKilled = true;
  member.running.signal('SIGKILL');
}

async function stop({ running }: Member): Promise<void> {
  running.signal('SIGSTOP');
  await sleep(MILLISECONDS_STOPPED);
  running.signal('SIGCONT');
}

function isRunning({ running }: Member): boolean {
  return !running.hasEnded;
}

function isExecuting({ running }: Member): boolean {
  const last = running.events.findLast(({ event }) => event === 'stage-started' || event === 'stage-finished');
  return last?.event === 'stage-started';
}

/** All have the same bytes, though every execution gives others. @param ends  of those that were not killed */
function requireSameResults(ends: readonly Ended[]): void {
  const results = ends.map(({ events, stderr }) => {
    const end = events.at(-1);
    if (end?.event !== 'run-finished' || end.status !== 'done')
      return `not done: ${JSON.stringify(end)?.slice(0, 1000)} ${stderr.slice(-500)}`;
    return end.stages.map(({ id, outputs }) => `${id} ${outputs.text?.digest}`).join(', ');
  });
  const different = [...new Set(results)];
  assert(different.length === 1 && different[0]?.startsWith('a '), different.join(' | '));
}

function countBegun(executions: string): ReadonlyMap<string, number> {
  const lines = existsSync(executions) ? readFileSync(executions, 'utf8').trimEnd().split('\n') : [];
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [what, name = ''] = line.split(' ');
    if (what === 'begin') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** One execution of each, and one more for each time that a runner was harmed in the middle of it. */
function requireFew(begun: ReadonlyMap<string, number>, harmed: number): void {
  const missing = STAGES.find((name) => !begun.has(name));
  assert(missing === undefined, `${missing} was never executed`);
  const surplus = [...begun.values()].reduce((sum, count) => sum + count - 1, 0);
  assert(surplus <= harmed * MOST_STAGES_AT_ONCE, `${surplus} executions more than keys, with ${harmed} harms`);
}

const MOST_STAGES_AT_ONCE = 3;

async function requireClean(path: string): Promise<void> {
  const store = new ArtifactStore(path, { claimLimitSeconds: CLAIM_LIMIT_SECONDS });
  const { problems } = await store.verify();
  assert(problems.length === 0, `verify reports ${JSON.stringify(problems)}`);
  await store.collectGarbage(await store.planGarbage({ keepRuns: 1000 }));
  const { items } = await store.planGarbage({ keepRuns: 1000 });
  assert(items.length === 0, `gc left ${JSON.stringify(items)}`);
}
