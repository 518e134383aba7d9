import { Decimal } from 'apache-arrow/fb/decimal';
import { Endianness } from 'apache-arrow/fb/endianness';
import type { Field } from 'apache-arrow/fb/field';
import { FixedSizeList } from 'apache-arrow/fb/fixed-size-list';
import { FloatingPoint } from 'apache-arrow/fb/floating-point';
import { Int } from 'apache-arrow/fb/int';
import type { Schema } from 'apache-arrow/fb/schema';
import { Type } from 'apache-arrow/fb/type';
import { Union } from 'apache-arrow/fb/union';

/** A column or a part of one, as far as its values are to be read or skipped. */
export interface ArrowField {
  readonly name: string;
  readonly type: Type;
  readonly children: readonly ArrowField[];
  /** The values are in the dictionary with this id; the column has their indices. */
  readonly dictionary?: { readonly id: bigint; readonly index: Width };
  readonly width: Width;
  /** Values of a list of fixed size. */
  readonly listSize: number;
  readonly isSparse: boolean;
}

/** How a number is stored; a decimal one is divided by 10 to the power of its scale. */
export interface Width {
  readonly bits: number;
  readonly isSigned: boolean;
  readonly scale: number;
}

/** More levels than any table has. */
const MAX_DEPTH = 64;
const MAX_SCALE = 100;

/** The columns of a table. Types that nobody knows are kept: they matter only where they are read. */
export function fieldsOf(schema: Schema): ArrowField[] {
  if (schema.endianness() !== Endianness.Little) throw new Error('its numbers are big-endian');
  return childrenOf(schema.fieldsLength(), (i) => schema.fields(i), 0);
}

function childrenOf(count: number, at: (index: number) => Field | null, depth: number): ArrowField[] {
  if (depth > MAX_DEPTH) throw new Error(`its columns are nested more than ${MAX_DEPTH} levels deep`);
  return Array.from({ length: count }, (_, i) => fieldOf(at(i) as Field, depth));
}

function fieldOf(field: Field, depth: number): ArrowField {
  const encoding = field.dictionary();
  const type = field.typeType();
  return {
    name: field.name() ?? '',
    type,
    children: childrenOf(field.childrenLength(), (i) => field.children(i), depth + 1),
    ...(encoding && { dictionary: { id: encoding.id(), index: widthOfInt(encoding.indexType()) } }),
    width: widthOf(field, type),
    listSize: type === Type.FixedSizeList ? (field.type(new FixedSizeList()) as FixedSizeList).listSize() : 0,
    isSparse: type === Type.Union && (field.type(new Union()) as Union).mode() === 0,
  };
}

function widthOf(field: Field, type: Type): Width {
  if (type === Type.Int) return widthOfInt(field.type(new Int()) as Int);
  if (type === Type.FloatingPoint)
    return { bits: 16 << (field.type(new FloatingPoint()) as FloatingPoint).precision(), isSigned: true, scale: 0 };
  if (type !== Type.Decimal) return { bits: 0, isSigned: false, scale: 0 };
  const decimal = field.type(new Decimal()) as Decimal;
  if (Math.abs(decimal.scale()) > MAX_SCALE)
    throw new Error(`a decimal number has ${decimal.scale()} digits after the point`);
  return { bits: decimal.bitWidth(), isSigned: true, scale: decimal.scale() };
}

function widthOfInt(type: Int | null): Width {
  return { bits: type?.bitWidth() ?? 32, isSigned: type?.isSigned() ?? true, scale: 0 };
}

const KIND_NAMES: Readonly<Partial<Record<Type, string>>> = {
  [Type.Date]: 'dates',
  [Type.Time]: 'times',
  [Type.Timestamp]: 'timestamps',
  [Type.Interval]: 'intervals',
  [Type.Duration]: 'durations',
  [Type.Struct_]: 'structs',
  [Type.Union]: 'unions',
  [Type.FixedSizeBinary]: 'bytes of fixed size',
  [Type.Map]: 'maps',
};

const LISTS: ReadonlySet<Type> = new Set([
  Type.List,
  Type.LargeList,
  Type.FixedSizeList,
  Type.ListView,
  Type.LargeListView,
]);
const SCALARS: ReadonlySet<Type> = new Set([
  Type.Null,
  Type.Int,
  Type.FloatingPoint,
  Type.Binary,
  Type.Utf8,
  Type.Bool,
  Type.Decimal,
  Type.LargeBinary,
  Type.LargeUtf8,
  Type.BinaryView,
  Type.Utf8View,
]);

export function isList({ type }: ArrowField): boolean {
  return LISTS.has(type);
}

/** What a column holds that is neither text, number, boolean nor a list of them; undefined where it can be read. */
export function unreadableKind(field: ArrowField, isInList = false): string | undefined {
  if (SCALARS.has(field.type)) return undefined;
  const [first, second] = field.children;
  if (field.type === Type.RunEndEncoded) return second && unreadableKind(second, isInList);
  if (!isList(field)) return KIND_NAMES[field.type] ?? `values of the unknown type ${field.type}`;
  const inner = isInList || first === undefined ? 'lists' : unreadableKind(first, true);
  return inner && `lists of ${inner}`;
}
