import type { SchemaTree } from 'hyparquet';

/** What a column holds that is neither text, number, boolean nor a list of them; undefined where it can be read. */
export function unreadableKind(column: SchemaTree): string | undefined {
  const { element, children } = column;
  if (children.length === 0) return scalarKind(element);
  if (element.converted_type !== 'LIST' && element.logical_type?.type !== 'LIST')
    return element.converted_type?.startsWith('MAP') ? 'maps' : 'structs';
  const values = valuesOf(column);
  const inner =
    values === undefined ? 'structs' : values.children.length > 0 ? 'lists or structs' : scalarKind(values.element);
  return inner && `lists of ${inner}`;
}

/** A list has a repeated group, in which its values are; older writers repeat the values themselves. */
function valuesOf({ children: [repeated] }: SchemaTree): SchemaTree | undefined {
  return repeated !== undefined && repeated.children.length === 1 ? repeated.children[0] : repeated;
}

const KINDS: Readonly<Record<string, string>> = {
  DATE: 'dates',
  TIME: 'times',
  TIME_MILLIS: 'times',
  TIME_MICROS: 'times',
  TIMESTAMP: 'timestamps',
  TIMESTAMP_MILLIS: 'timestamps',
  TIMESTAMP_MICROS: 'timestamps',
  INTERVAL: 'intervals',
  JSON: 'JSON',
  BSON: 'BSON',
  UUID: 'identifiers (UUID)',
  VARIANT: 'variants',
  GEOMETRY: 'geometries',
  GEOGRAPHY: 'geographies',
};

function scalarKind({
  type,
  converted_type: converted,
  logical_type: logical,
}: SchemaTree['element']): string | undefined {
  const kind = KINDS[logical?.type ?? ''] ?? KINDS[converted ?? ''];
  if (kind !== undefined) return kind;
  if (type === 'INT96') return 'timestamps';
  const isNumber = converted === 'DECIMAL' || logical?.type === 'DECIMAL' || logical?.type === 'FLOAT16';
  return type === 'FIXED_LEN_BYTE_ARRAY' && !isNumber ? 'bytes of fixed size' : undefined;
}
