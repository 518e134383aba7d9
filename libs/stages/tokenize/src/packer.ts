/** Rows of token ids without special tokens, flat: row i is `ids[offsets[i] … offsets[i + 1]]`. */
export interface PackedRows {
  readonly ids: number[];
  readonly offsets: number[];
}

/** A row that is not full yet. */
export interface PackerState {
  readonly row: readonly number[];
  readonly document?: number | undefined;
}

/**
 * Puts consecutive sentences of a document into rows of at most `limit` tokens. A sentence is divided only when it is
 * longer than a row; nothing is lost.
 */
export class Packer {
  readonly #limit: number;
  #row: number[];
  #document: number | undefined;
  #done: PackedRows = { ids: [], offsets: [0] };

  constructor(limit: number, { row, document }: PackerState = { row: [] }) {
    this.#limit = limit;
    this.#row = [...row];
    this.#document = document;
  }

  /** What a packer that goes on from here needs, once the complete rows were taken. */
  get state(): PackerState {
    return { row: [...this.#row], document: this.#document };
  }

  add(document: number, sentence: readonly number[]): void {
    const fits = this.#row.length + sentence.length <= this.#limit;
    if (document !== this.#document || !fits) this.#endRow();
    this.#document = document;
    let from = 0;
    for (; sentence.length - from > this.#limit; from += this.#limit) {
      this.#row = sentence.slice(from, from + this.#limit);
      this.#endRow();
    }
    for (; from < sentence.length; from++) this.#row.push(sentence[from] as number);
  }

  /** Ends the row at hand. */
  end(): void {
    this.#endRow();
  }

  /** The rows that are complete, once. */
  take(): PackedRows {
    const done = this.#done;
    this.#done = { ids: [], offsets: [0] };
    return done;
  }

  #endRow(): void {
    if (this.#row.length === 0) return;
    for (const id of this.#row) this.#done.ids.push(id);
    this.#done.offsets.push(this.#done.ids.length);
    this.#row = [];
  }
}
