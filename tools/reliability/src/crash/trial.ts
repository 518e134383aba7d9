import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Ended,
  endOf,
  filesUnder,
  having,
  inFolder,
  type Results,
  RetortProcess,
  requireResults,
  requireSame,
} from '@retort/lab';
import { cutArguments } from '../cut-pipeline.ts';
import { type Harm, harmed, nameOf, requireRightEnd } from './harm.ts';
import { requireIntact } from './intact.ts';
import { stageProcesses } from './stage-processes.ts';

/** Where trials take place: one checkout, one pipeline, a folder for stores. */
export interface Arena {
  readonly workspace: string;
  readonly scratchFolder: string;
  readonly args: readonly string[];
}

export interface Reference {
  readonly results: Results;
  /** Of a run in an empty store. */
  readonly seconds: number;
}

export function arenaOf({ workspace, scratchFolder }: Omit<Arena, 'args'>, only?: string): Arena {
  return { workspace, scratchFolder, args: cutArguments(only) };
}

/** What a run gives that nothing is done to. */
export function reference(arena: Arena): Promise<Reference> {
  return inStore(arena, async (store) => {
    const ended = await store.finish();
    return { results: requireResults(ended, 'the run without harm'), seconds: ended.seconds };
  });
}

/** Works with a new store, and removes it. */
export function inStore<T>(arena: Arena, work: (store: TrialStore) => Promise<T>): Promise<T> {
  return inFolder(arena.scratchFolder, (path) => work(new TrialStore(arena, path)));
}

/** How long the processes of a run that was killed may take to notice. */
const SECONDS_TO_VANISH = 5;

/** One store, and the same command in it again and again. */
export class TrialStore {
  readonly #arena: Arena;
  readonly #path: string;

  constructor(arena: Arena, path: string) {
    this.#arena = arena;
    this.#path = path;
  }

  /**
   * @param expected  of a run without harm; what is stored so far is compared with it
   * @returns whether the run was harmed at all, and whether it is done
   * @throws Error when it did not take the harm as it must
   */
  async harm(harm: Harm, expected: Results): Promise<{ wasHarmed: boolean; isDone: boolean }> {
    const end = await harmed({ ...this.#arena, store: this.#path }, harm);
    await having(nameOf(harm), async () => {
      if (end.wasHarmed) requireRightEnd(harm, end);
      await this.#requireNoSurvivors();
      await requireIntact(this.#path, expected);
    });
    return { wasHarmed: end.wasHarmed, isDone: end.exitCode === 0 };
  }

  start(args = this.#arena.args): RetortProcess {
    return new RetortProcess({ workspace: this.#arena.workspace, store: this.#path, args });
  }

  /** The same command, to its end. */
  finish(): Promise<Ended> {
    return this.start().ended;
  }

  /** Finishes, and compares everything with what a run without harm gives. */
  async requireDone(expected: Results): Promise<void> {
    requireSame(expected, requireResults(await this.finish(), 'the same command'));
    await this.#requireNoLeftovers();
  }

  /** Of what only a run in progress may have, `gc` leaves nothing. */
  async #requireNoLeftovers(): Promise<void> {
    const attempts = join(this.#path, 'attempts');
    const unfinished = () => (existsSync(attempts) ? readdirSync(attempts) : []);
    // As if an hour had passed: for a minute the store believes that whoever made an attempt is about to sign it.
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const name of unfinished()) utimesSync(join(attempts, name), hourAgo, hourAgo);
    const swept = await this.start(['gc', '--yes']).ended;
    assert.equal(swept.exitCode, 0, `gc ended with ${endOf(swept)}: ${swept.stderr.slice(-500)}`);
    const files = filesUnder(this.#path).filter((file) =>
      /\.tmp$|^(attempts|claims|checkpoints|quarantine)\//.test(file),
    );
    const left = [...files, ...unfinished()];
    assert(left.length === 0, `gc left ${left.slice(0, 5).join(', ')}`);
  }

  async #requireNoSurvivors(): Promise<void> {
    for (let tries = 0; tries < SECONDS_TO_VANISH * 10 && stageProcesses(this.#path).length > 0; tries++)
      await sleep(100);
    const survivors = stageProcesses(this.#path);
    assert(survivors.length === 0, `processes ${survivors.join(', ')} stayed behind`);
  }
}
