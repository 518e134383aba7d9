export interface Prepared<T> {
  readonly cost: number;
  readonly create: () => Promise<T>;
}

/**
 * Keeps what was compiled for the shapes used last, within a budget, and releases the one unused for longest when a new
 * one does not fit. At least one is always kept, whatever it costs.
 */
export class SessionCache<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly cost: number }>();
  private readonly budget: number;
  private readonly release: (value: T) => Promise<void>;

  constructor({ budget, release }: { budget: number; release: (value: T) => Promise<void> }) {
    this.budget = budget;
    this.release = release;
  }

  /** @param prepare  what a new one will cost, and how to make it; room is made in between */
  async get(key: string, prepare: () => Promise<Prepared<T>>): Promise<T> {
    const known = this.entries.get(key);
    if (known !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known.value;
    }
    const { cost, create } = await prepare();
    for (const [oldKey, old] of this.entries) {
      if (this.total() + cost <= this.budget) break;
      this.entries.delete(oldKey);
      await this.release(old.value);
    }
    const value = await create();
    this.entries.set(key, { value, cost });
    return value;
  }

  async clear(): Promise<void> {
    for (const { value } of this.entries.values()) await this.release(value);
    this.entries.clear();
  }

  private total(): number {
    return [...this.entries.values()].reduce((sum, { cost }) => sum + cost, 0);
  }
}
