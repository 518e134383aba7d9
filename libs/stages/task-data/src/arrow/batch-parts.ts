import type { FieldNode } from 'apache-arrow/fb/field-node';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import type { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Type } from 'apache-arrow/fb/type';
import type { ArrowField } from './fields.ts';
import type { ArrowMessage } from './messages.ts';

/** Where the values of a column lie in the body of a batch. */
export interface Parts {
  readonly length: number;
  readonly nullCount: number;
  readonly buffers: readonly { readonly offset: number; readonly bytes: number }[];
  readonly children: readonly Parts[];
}

/** Goes over the columns of a batch in their order, which is the only way to find where one lies. */
export class BatchParts {
  readonly #batch: RecordBatch;
  readonly #bodyBytes: number;
  /** Before version 5, unions had a buffer of nulls. */
  readonly #unionBuffers: number;
  #node = 0;
  #buffer = 0;
  #variadic = 0;

  constructor(batch: RecordBatch, { message, body }: ArrowMessage) {
    this.#batch = batch;
    this.#bodyBytes = body.bytes;
    this.#unionBuffers = message.version() === MetadataVersion.V4 ? 1 : 0;
  }

  /** The parts of the next column. */
  next(field: ArrowField): Parts {
    if (this.#node >= this.#batch.nodesLength()) throw new Error('a batch has fewer columns than its table');
    const node = this.#batch.nodes(this.#node++) as FieldNode;
    const [length, nullCount] = [Number(node.length()), Number(node.nullCount())];
    if (length < 0 || nullCount < 0 || nullCount > length)
      throw new Error(`the column "${field.name}" claims ${length} values, ${nullCount} of them null`);
    const buffers = Array.from({ length: this.#count(field) }, () => this.#region());
    const children = field.dictionary === undefined ? field.children.map((child) => this.next(child)) : [];
    return { length, nullCount, buffers, children };
  }

  #count(field: ArrowField): number {
    const count = field.dictionary === undefined ? BUFFERS[field.type] : 2;
    if (count === undefined) throw new Error(`the column "${field.name}" is of the unknown type ${field.type}`);
    if (field.dictionary !== undefined) return count;
    if (field.type === Type.Union) return count + this.#unionBuffers - (field.isSparse ? 1 : 0);
    return field.type === Type.BinaryView || field.type === Type.Utf8View ? count + this.#views() : count;
  }

  #views(): number {
    const count = Number(this.#batch.variadicBufferCounts(this.#variadic++) ?? -1n);
    if (count < 0 || count > this.#batch.buffersLength()) throw new Error(`a column claims ${count} buffers`);
    return count;
  }

  #region(): Parts['buffers'][number] {
    if (this.#buffer >= this.#batch.buffersLength()) throw new Error('a batch has fewer buffers than its columns need');
    const region = this.#batch.buffers(this.#buffer++);
    const [offset, bytes] = [Number(region?.offset()), Number(region?.length())];
    if (!(offset >= 0 && bytes >= 0 && offset + bytes <= this.#bodyBytes))
      throw new Error('a column ends outside its batch');
    return { offset, bytes };
  }
}

/** Of the Arrow format, from its version 1.0 on. */
const BUFFERS: Readonly<Partial<Record<Type, number>>> = {
  [Type.Null]: 0,
  [Type.RunEndEncoded]: 0,
  [Type.Struct_]: 1,
  [Type.FixedSizeList]: 1,
  [Type.Union]: 2,
  [Type.Int]: 2,
  [Type.FloatingPoint]: 2,
  [Type.Bool]: 2,
  [Type.Decimal]: 2,
  [Type.Date]: 2,
  [Type.Time]: 2,
  [Type.Timestamp]: 2,
  [Type.Interval]: 2,
  [Type.Duration]: 2,
  [Type.FixedSizeBinary]: 2,
  [Type.List]: 2,
  [Type.LargeList]: 2,
  [Type.Map]: 2,
  [Type.BinaryView]: 2,
  [Type.Utf8View]: 2,
  [Type.Binary]: 3,
  [Type.LargeBinary]: 3,
  [Type.Utf8]: 3,
  [Type.LargeUtf8]: 3,
  [Type.ListView]: 3,
  [Type.LargeListView]: 3,
};
