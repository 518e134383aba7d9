import { constants } from 'node:fs';
import { access, lstat, rm } from 'node:fs/promises';

/** Something in a store that the system does not let this user remove, move or read: another user made it. */
export interface Refusal {
  readonly path: string;
  readonly doing: 'remove' | 'move' | 'read' | 'write';
  /** Id of the user that it belongs to, where that can be told. */
  readonly owner?: number;
}

const CODES = ['EACCES', 'EPERM', 'EBUSY', 'ENOTEMPTY'];

/** Whether the system refuses something to this user that another may do. */
export function isRefused(error: unknown): boolean {
  return CODES.includes((error as NodeJS.ErrnoException)?.code ?? '');
}

/** What was left in place because it belongs to another user. Whoever opened the store reports it once, and continues. */
export class Refusals {
  readonly #byPath = new Map<string, Refusal>();

  get all(): readonly Refusal[] {
    return [...this.#byPath.values()];
  }

  /** A file or a whole folder. @returns whether it is gone */
  remove(path: string): Promise<boolean> {
    return this.tolerate(path, 'remove', () => rm(path, { recursive: true, force: true }));
  }

  /**
   * Does housekeeping at a path. Where the system refuses that, it is noted, and nothing is thrown.
   *
   * @returns whether it was done
   */
  async tolerate(path: string, doing: Refusal['doing'], work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isRefused(error)) throw error;
      const owner = await lstat(path).then(
        ({ uid }) => uid,
        () => undefined,
      );
      this.#byPath.set(path, { path, doing, ...(owner !== undefined && { owner }) });
      return false;
    }
  }

  /** Whether a file is there that this user may not read, which says nothing about what it holds. */
  async isForbidden(path: string): Promise<boolean> {
    const isFile = await lstat(path).then(
      (status) => status.isFile(),
      () => false,
    );
    return isFile && !(await this.tolerate(path, 'read', () => access(path, constants.R_OK)));
  }
}
