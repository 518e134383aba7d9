/** Keeps what was used last, up to a total size. An entry larger than the limit is kept alone. */
export class LruCache<Key, Value> {
  readonly #limit: number;
  readonly #sizeOf: (value: Value) => number;
  readonly #entries = new Map<Key, Value>();
  #size = 0;

  constructor(limit: number, sizeOf: (value: Value) => number) {
    this.#limit = limit;
    this.#sizeOf = sizeOf;
  }

  get size(): number {
    return this.#size;
  }

  get(key: Key, make: () => Value): Value {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    const value = make();
    this.#entries.set(key, value);
    this.#size += this.#sizeOf(value);
    this.#evict(key);
    return value;
  }

  #evict(keep: Key): void {
    for (const [key, value] of this.#entries) {
      if (this.#size <= this.#limit || key === keep) return;
      this.#entries.delete(key);
      this.#size -= this.#sizeOf(value);
    }
  }
}
