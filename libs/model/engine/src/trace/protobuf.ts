/** Encoded fields of a message, in pieces: a large tensor is copied once, into the finished message. */
export type Fields = readonly Uint8Array[];

const VARINT = 0;
const LENGTH = 2;
const FIXED_32 = 5;

export function integer(id: number, value: number): Fields {
  return [Uint8Array.from([...varint(tag(id, VARINT)), ...varint(value)])];
}

export function float(id: number, value: number): Fields {
  return [Uint8Array.from([...varint(tag(id, FIXED_32)), ...new Uint8Array(Float32Array.of(value).buffer)])];
}

export function bytes(id: number, value: Uint8Array): Fields {
  return [Uint8Array.from([...varint(tag(id, LENGTH)), ...varint(value.length)]), value];
}

export function text(id: number, value: string): Fields {
  return bytes(id, Buffer.from(value));
}

/** A list of integers, packed; nothing where it is empty. */
export function integers(id: number, values: readonly number[]): Fields {
  return values.length === 0 ? [] : bytes(id, Uint8Array.from(values.flatMap(varint)));
}

export function message(id: number, ...fields: readonly Fields[]): Fields {
  const pieces = fields.flat();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...varint(tag(id, LENGTH)), ...varint(length)]), ...pieces];
}

export function encoded(...fields: readonly Fields[]): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.concat(fields.flat());
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function tag(id: number, wireType: number): number {
  return id * 8 + wireType;
}

/** Seven bits a byte, the lowest first; a negative number as 64 bits of two's complement. */
function varint(value: number): number[] {
  const written: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) written.push(Number(rest & 0x7fn) | 0x80);
  return [...written, Number(rest)];
}
