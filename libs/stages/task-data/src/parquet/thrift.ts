import type { ByteReader } from './byte-reader.ts';

/** The numbers and structs of a struct by field number; lists and bytes are only gone over. */
export interface ThriftStruct {
  readonly [field: number]: number | boolean | ThriftStruct | undefined;
}

const MAX_DEPTH = 32;
/** Structs and members of lists; a table with thousands of row groups has some ten thousand. */
const MAX_PARTS = 2_000_000;

/**
 * Goes over a struct of Thrift's compact protocol to its end, before anybody allocates what it claims.
 *
 * @throws Error for lengths that lead outside, and for more parts than any table has
 */
export function readThrift(reader: ByteReader): ThriftStruct {
  return new Walker(reader).struct(0);
}

class Walker {
  readonly #reader: ByteReader;
  #parts = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw new Error(`its metadata is nested more than ${MAX_DEPTH} levels deep`);
    this.#count(1);
    const fields: Record<number, number | boolean | ThriftStruct> = {};
    for (let field = 0; ; ) {
      const head = this.#reader.byte();
      const type = head & 0x0f;
      if (type === 0) return fields;
      field = head >> 4 === 0 ? this.#reader.zigzag() : field + (head >> 4);
      const value = this.#value(type, depth);
      if (value !== undefined && depth < 2) fields[field] = value;
    }
  }

  #value(type: number, depth: number): number | boolean | ThriftStruct | undefined {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return this.#reader.byte();
      case 4:
      case 5:
      case 6:
        return this.#reader.zigzag();
      case 7:
        return this.#reader.skip(8) as undefined;
      case 8:
        return this.#reader.skip(this.#reader.varint()) as undefined;
      case 9:
        return this.#list(depth) as undefined;
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`its metadata has values of the unknown kind ${type}`);
    }
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw new Error(`its metadata is nested more than ${MAX_DEPTH} levels deep`);
    const head = this.#reader.byte();
    const type = head & 0x0f;
    const size = head >> 4 === 15 ? this.#reader.varint() : head >> 4;
    if (size > this.#reader.left) throw new Error(`a list in its metadata claims ${size} members`);
    this.#count(size);
    // A boolean in a list is a byte.
    for (let i = 0; i < size; i++) this.#value(type <= 2 ? 3 : type, depth + 1);
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS) throw new Error(`its metadata has more than ${MAX_PARTS} parts`);
  }
}
