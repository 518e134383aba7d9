import { join } from 'node:path';
import type { Checkpoint, CheckpointContent, Checkpoints } from '@retort/foundation/work';
import { finish } from './finish.ts';
import { findTableFault, type PartialTable, type TablePosition } from './table-position.ts';

interface Writer {
  readonly position: () => Promise<TablePosition>;
  readonly close: () => Promise<number>;
  readonly abort: () => Promise<void>;
}

interface Content<State> extends CheckpointContent {
  readonly state: State;
}

/** What a checkpoint holds. */
interface Saved<State> {
  readonly state: State;
  readonly tables: Readonly<Record<string, TablePosition>>;
}

/**
 * The tables that a stage writes, together with its checkpoints: after a kill, each is continued where the last checkpoint
 * says, and ends with the bytes of one that was written in one go.
 *
 * @typeParam State what else the stage needs in order to continue; survives JSON
 */
export class ResumableTables<State> {
  /** Of the last checkpoint; undefined where the work begins. */
  readonly saved: State | undefined;
  readonly readArrays: Checkpoint['readArrays'] | undefined;
  readonly #checkpoints: Checkpoints;
  readonly #from: Saved<State>['tables'];
  readonly #writers = new Map<string, Writer>();

  private constructor(checkpoints: Checkpoints, found: Checkpoint | undefined) {
    const { state, tables } = (found?.state ?? { tables: {} }) as Partial<Saved<State>> & Pick<Saved<State>, 'tables'>;
    this.#checkpoints = checkpoints;
    this.#from = tables;
    this.saved = state;
    this.readArrays = found?.readArrays;
  }

  /** @param findFault says what is wrong with other files beside the checkpoints; not asked for once all tables are complete */
  static async load<State>(
    checkpoints: Checkpoints,
    findFault?: (state: State) => Promise<string | undefined>,
  ): Promise<ResumableTables<State>> {
    const found = await checkpoints.load(async (content) => {
      const { state, tables } = content as Saved<State>;
      for (const [name, position] of Object.entries(tables)) {
        const fault = await findTableFault(partialPath(checkpoints, name) as string, position);
        if (fault !== undefined) return fault;
      }
      return isComplete(tables) ? undefined : findFault?.(state);
    });
    return new ResumableTables<State>(checkpoints, found);
  }

  /** Opens a table. Its file lies beside the checkpoints until it is complete. */
  async open<Opened extends Writer>(
    name: string,
    create: (partial: PartialTable | undefined) => Promise<Opened>,
  ): Promise<Opened> {
    const path = partialPath(this.#checkpoints, name);
    const writer = await create(path === undefined ? undefined : { path, from: this.#from[name] });
    this.#writers.set(name, writer);
    return writer;
  }

  /** Rows that earlier attempts have written for certain. */
  savedRows(name: string): number {
    return this.#from[name]?.rows ?? 0;
  }

  /** To be called between two units of work: `Checkpoints.pass` with the positions of all tables. */
  pass(step: number, capture: () => Content<State> | Promise<Content<State>>): Promise<void> {
    return this.#checkpoints.pass(step, async () => this.#content(await capture()));
  }

  /**
   * Runs `write`, unless an earlier attempt has completed the tables, and finishes them.
   *
   * @param stepAfter step of the last checkpoint: an attempt that is killed before the tables are published computes nothing again
   */
  async write(
    write: () => Promise<State>,
    stepAfter: (state: State) => number,
  ): Promise<{ readonly state: State; readonly rows: Readonly<Record<string, number>> }> {
    let state = this.saved as State;
    const counts = await finish([...this.#writers.values()], async () => {
      if (!isComplete(this.#from)) state = await write();
    });
    await this.#checkpoints.save(stepAfter(state), await this.#content({ state }));
    return {
      state,
      rows: Object.fromEntries([...this.#writers.keys()].map((name, at) => [name, counts[at] as number])),
    };
  }

  async #content({ state, arrays }: Content<State>): Promise<CheckpointContent> {
    const positions = [...this.#writers].map(async ([name, writer]) => [name, await writer.position()] as const);
    const saved: Saved<State> = { state, tables: Object.fromEntries(await Promise.all(positions)) };
    return { state: saved, ...(arrays && { arrays }) };
  }
}

function isComplete(tables: Saved<unknown>['tables']): boolean {
  const positions = Object.values(tables);
  return positions.length > 0 && positions.every(({ isWhole }) => isWhole);
}

/** Undefined where nothing survives an attempt. */
function partialPath({ folder }: Checkpoints, name: string): string | undefined {
  return folder === undefined ? undefined : join(folder, `${name}.arrow`);
}
