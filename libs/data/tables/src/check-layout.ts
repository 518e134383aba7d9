import { type DataType, type Field, type Schema, Type } from 'apache-arrow';
import type { BatchLayout } from './batch-layout.ts';

/** Of the Arrow format: offsets of lists and strings. */
const OFFSET_BYTES = 4;

/**
 * Refuses a batch whose header promises more rows or values than its buffers hold: nobody may trust such a number, and
 * allocate by it, before it was held against the bytes that are there.
 *
 * @throws Error that says what does not fit
 */
export function checkLayout(layout: BatchLayout, { fields }: Schema): void {
  const columns = new Columns(layout);
  for (const field of fields) columns.check(field, layout.rowCount);
  columns.end();
}

/** Walks the lengths and buffers of a batch in the order of the Arrow format: a field, then its children. */
class Columns {
  readonly #layout: BatchLayout;
  #length = 0;
  #buffer = 0;

  constructor(layout: BatchLayout) {
    this.#layout = layout;
  }

  /** @param rows that a column must have; a list's values may be any number */
  check(field: Field, rows?: number): void {
    const length = this.#layout.lengths[this.#length++];
    if (length === undefined || length < 0 || (rows !== undefined && length !== rows))
      throw new Error(`the column "${field.name}" has ${length} of ${rows} values`);
    this.#take(field, 0);
    for (const bytes of bufferBytes(field.type, length)) this.#take(field, bytes);
    for (const child of field.type.children ?? []) this.check(child);
  }

  end(): void {
    const { lengths, buffers } = this.#layout;
    if (this.#length !== lengths.length || this.#buffer !== buffers.length)
      throw new Error('a batch and its table have different columns');
  }

  #take({ name }: Field, least: number): void {
    const bytes = this.#layout.buffers[this.#buffer++]?.bytes;
    if (bytes === undefined || bytes < least)
      throw new Error(`the column "${name}" needs ${least} bytes, got ${bytes ?? 'none'}`);
  }
}

/** Least bytes of each buffer after the first, which says what is null. An empty column may leave out its offsets. */
function bufferBytes(type: DataType, length: number): number[] {
  const offsets = length === 0 ? 0 : (length + 1) * OFFSET_BYTES;
  switch (type.typeId) {
    case Type.Int:
    case Type.Float:
      return [length * bytesOf(type)];
    case Type.Utf8:
      return [offsets, 0];
    case Type.List:
      return [offsets];
    default:
      throw new Error(`tables of Retort have no columns of type ${type}`);
  }
}

function bytesOf(type: DataType): number {
  return (type as DataType & { readonly ArrayType: { readonly BYTES_PER_ELEMENT: number } }).ArrayType
    .BYTES_PER_ELEMENT;
}
