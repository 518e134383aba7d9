import type { ArrowField } from './fields.ts';
import { firstAbove, type Values } from './values.ts';

interface Piece {
  readonly end: number;
  readonly start: number;
  readonly valueAt: Values;
}

/** The dictionaries that columns refer to, as far as they are known at some place of a file. */
export class Dictionaries {
  readonly #fields = new Map<bigint, ArrowField>();
  readonly #pieces = new Map<bigint, Piece[]>();

  /** @param fields of the columns that are read; of others no dictionary is kept */
  constructor(fields: readonly ArrowField[]) {
    for (const field of fields) this.#add(field);
  }

  /** How the values of a dictionary are stored; undefined for one that no column needs. */
  fieldOf(id: bigint): ArrowField | undefined {
    return this.#fields.get(id);
  }

  /** A delta is appended to the dictionary; anything else takes its place. */
  set(id: bigint, { length, valueAt, isDelta }: { length: number; valueAt: Values; isDelta: boolean }): void {
    const before = isDelta ? (this.#pieces.get(id) ?? []) : [];
    const start = before.at(-1)?.end ?? 0;
    before.push({ start, end: start + length, valueAt });
    this.#pieces.set(id, before);
  }

  get(id: bigint): { length: number; valueAt: Values } {
    const pieces = this.#pieces.get(id);
    if (pieces === undefined) throw new Error(`the dictionary ${id} is missing`);
    const known = pieces.length;
    return {
      length: pieces.at(-1)?.end ?? 0,
      valueAt: (index) => {
        const piece = pieces[firstAbove(index, known, (i) => (pieces[i] as Piece).end)] as Piece;
        return piece.valueAt(index - piece.start);
      },
    };
  }

  #add(field: ArrowField): void {
    if (field.dictionary !== undefined) {
      const { dictionary, ...values } = field;
      this.#fields.set(dictionary.id, values);
    }
    for (const child of field.children) this.#add(child);
  }
}
