/** float16 -> float32 for all 65,536 bit patterns: a look-up is faster than arithmetic and has no branches. */
const FLOAT32_OF = buildTable();

/**
 * Converts float32 to the bits of float16, rounding to nearest, ties to even.
 *
 * @returns the index of the first value that float16 cannot hold (over 65,504 in size, infinite or not a number), or -1
 */
export function toFloat16(source: Float32Array, target: Uint16Array): number {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    if (size >= FIRST_OVERFLOW) return i;
    const half =
      size < FIRST_NORMAL
        ? subnormal(source[i] as number)
        : (size - EXPONENT_SHIFT + 0xfff + ((size >>> 13) & 1)) >>> 13;
    target[i] = sign | half;
  }
  return -1;
}

/** Converts `count` bits of float16 numbers, from the `from`th on, to float32, exactly, into `target` from `at` on. */
export function fromFloat16(
  source: Uint16Array,
  target: Float32Array,
  { from = 0, count = source.length, at = 0 }: { from?: number; count?: number; at?: number } = {},
): void {
  for (let i = 0; i < count; i++) target[at + i] = FLOAT32_OF[source[from + i] as number] as number;
}

/** The bits of float16 numbers as float32, exactly, in an array of their own. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  fromFloat16(bits, values);
  return values;
}

/** Bits of 65,520, the smallest float32 that rounds to float16's infinity. */
const FIRST_OVERFLOW = 0x477ff000;
/** Bits of 2^-14, the smallest normal float16. */
const FIRST_NORMAL = 0x38800000;
/** The difference of the exponents' biases, 127 - 15, in place. */
const EXPONENT_SHIFT = 112 << 23;

/** Multiples of 2^-24, ties to even. */
function subnormal(value: number): number {
  const scaled = Math.abs(value) * 0x1000000;
  const down = Math.floor(scaled);
  const rest = scaled - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

function buildTable(): Float32Array {
  const table = new Float32Array(0x10000);
  for (let half = 0; half < table.length; half++) table[half] = valueOf(half);
  return table;
}

function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
