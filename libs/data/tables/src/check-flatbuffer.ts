/**
 * What a table of a flatbuffer holds, by field number: another table, or a vector of tables, structs or bytes. Fields that
 * are not listed are numbers, which can do no harm.
 */
interface Shape {
  readonly tables?: Readonly<Record<number, Shape>>;
  readonly tableVectors?: Readonly<Record<number, () => Shape>>;
  /** Field number -> bytes of an element. */
  readonly vectors?: Readonly<Record<number, number>>;
}

const KEY_VALUE: Shape = { vectors: { 0: 1, 1: 1 } };
const FIELD: Shape = { vectors: { 0: 1 }, tableVectors: { 5: () => FIELD, 6: () => KEY_VALUE } };
const SCHEMA: Shape = { tableVectors: { 1: () => FIELD, 2: () => KEY_VALUE }, vectors: { 3: 8 } };

/** Of the Arrow format (File.fbs, Message.fbs), as far as tables of Retort use it. */
export const FOOTER: Shape = { tables: { 1: SCHEMA }, vectors: { 2: 24, 3: 24 }, tableVectors: { 4: () => KEY_VALUE } };
const RECORD_BATCH: Shape = { vectors: { 1: 16, 2: 16, 4: 8 } };
const message = (header: Shape): Shape => ({ tables: { 2: header }, tableVectors: { 4: () => KEY_VALUE } });

export const SCHEMA_MESSAGE = message(SCHEMA);
export const RECORD_BATCH_MESSAGE = message(RECORD_BATCH);
export const DICTIONARY_MESSAGE = message({ tables: { 1: RECORD_BATCH } });

/** More than any table has; a damaged one can lead to the same place again and again. */
const MAX_TABLES = 100_000;

/**
 * Refuses a flatbuffer in which an offset or the length of a vector leads outside. apache-arrow believes them, and would
 * read a list of two thousand million entries.
 *
 * @throws RangeError
 */
export function checkFlatbuffer(bytes: Uint8Array, root: Shape): void {
  new Checker(bytes).table(0, root);
}

class Checker {
  readonly #view: DataView;
  #tables = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param at where the offset of the table stands */
  table(at: number, { tables = {}, tableVectors = {}, vectors = {} }: Shape): void {
    if (++this.#tables > MAX_TABLES) throw new RangeError('a header refers to itself');
    const start = this.#follow(at);
    const position = this.#positions(start);
    for (const [field, shape] of Object.entries(tables)) this.#at(position(field), (found) => this.table(found, shape));
    for (const [field, bytes] of Object.entries(vectors))
      this.#at(position(field), (found) => this.#vector(found, bytes));
    for (const [field, shape] of Object.entries(tableVectors))
      this.#at(position(field), (found) => {
        const { start: first, length } = this.#vector(found, 4);
        for (let i = 0; i < length; i++) this.table(first + 4 * i, shape());
      });
  }

  #at(position: number | undefined, visit: (position: number) => void): void {
    if (position !== undefined) visit(position);
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  /** Where the fields of a table stand; undefined for one that is left out. */
  #positions(table: number): (field: string) => number | undefined {
    const offsets = table - this.#view.getInt32(table, true);
    const bytes = this.#view.getUint16(offsets, true);
    return (field) => {
      const entry = 4 + 2 * Number(field);
      const offset = entry < bytes ? this.#view.getUint16(offsets + entry, true) : 0;
      return offset === 0 ? undefined : table + offset;
    };
  }

  #vector(at: number, bytes: number): { start: number; length: number } {
    const start = this.#follow(at) + 4;
    const length = this.#view.getUint32(start - 4, true);
    if (start + length * bytes > this.#view.byteLength) throw new RangeError('a list in a header ends outside it');
    return { start, length };
  }
}
