import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cutArguments } from './cut-pipeline.ts';
import { findWrongEnd, type Harm, harmed, nameOf } from './harm.ts';
import { findHarmDone } from './intact.ts';
import { ageAttempts, attemptFolders, findLeftovers } from './leftovers.ts';
import { findDifference, type Results, resultsOf } from './results.ts';
import { type Ended, RetortProcess, stageProcesses } from './retort-process.ts';

/** Where trials take place: one checkout, one pipeline. */
export interface Arena {
  readonly workspace: string;
  readonly args: readonly string[];
}

export interface Reference {
  readonly results: Results;
  /** Of a run in an empty store. */
  readonly seconds: number;
}

export function arenaOf(workspace: string, only?: string): Arena {
  return { workspace, args: cutArguments(only) };
}

/** What a run gives that nothing is done to. */
export async function reference(arena: Arena): Promise<Reference> {
  const store = new TrialStore(arena);
  try {
    const ended = await store.finish();
    const results = resultsOf(ended);
    if (results === undefined) throw new Error(`The run without harm did not end well:\n${ended.stderr}`);
    return { results, seconds: ended.seconds };
  } finally {
    store.remove();
  }
}

/** How long the processes of a run that was killed may take to notice. */
const SECONDS_TO_VANISH = 5;

/** One store, and the same command in it again and again. */
export class TrialStore {
  readonly #arena: Arena;
  readonly #path: string;

  /** @param path  of a store that is there already; a new one when left out */
  constructor(arena: Arena, path = mkdtempSync(join(tmpdir(), 'retort-crash-'))) {
    this.#arena = arena;
    this.#path = path;
  }

  /**
   * @param expected  of a run without harm; what is stored so far is compared with it
   * @returns whether the run was harmed at all, and what is wrong with how it took it
   */
  async harm(
    harm: Harm,
    expected: Results,
  ): Promise<{ wasHarmed: boolean; isDone: boolean; fault: string | undefined }> {
    const end = await harmed({ ...this.#arena, store: this.#path }, harm);
    const wrongEnd = end.wasHarmed ? findWrongEnd(harm, end) : undefined;
    const survivors = await this.#survivors();
    const stayed = survivors.length === 0 ? undefined : `processes ${survivors.join(', ')} stayed behind`;
    const fault = wrongEnd ?? stayed ?? (await findHarmDone(this.#path, expected));
    return { wasHarmed: end.wasHarmed, isDone: end.exitCode === 0, fault: fault && `${nameOf(harm)}: ${fault}` };
  }

  start(args = this.#arena.args): RetortProcess {
    return new RetortProcess({ workspace: this.#arena.workspace, store: this.#path, args });
  }

  /** The same command, to its end. */
  finish(): Promise<Ended> {
    return this.start().ended;
  }

  /** Finishes, and compares everything with what a run without harm gives. */
  async findFault(expected: Results): Promise<string | undefined> {
    const ended = await this.finish();
    const results = resultsOf(ended);
    if (results === undefined) return `the same command did not end well: ${ended.stderr.slice(-1000)}`;
    return findDifference(expected, results) ?? (await this.#findLeftovers());
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }

  async #findLeftovers(): Promise<string | undefined> {
    ageAttempts(this.#path);
    const swept = await this.start(['gc', '--yes']).ended;
    if (swept.exitCode !== 0) return `gc did not end well: ${swept.stderr.slice(-500)}`;
    const left = [...findLeftovers(this.#path), ...attemptFolders(this.#path)];
    return left.length === 0 ? undefined : `gc left ${left.slice(0, 5).join(', ')}`;
  }

  async #survivors(): Promise<number[]> {
    for (let tries = 0; tries < SECONDS_TO_VANISH * 10 && stageProcesses(this.#path).length > 0; tries++)
      await sleep(100);
    return stageProcesses(this.#path);
  }
}
