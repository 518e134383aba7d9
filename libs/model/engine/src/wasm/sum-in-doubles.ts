/**
 * Sums over axes, added up in doubles.
 *
 * @param axes ascending, without repetition
 * @returns row-major, with the axes left out
 */
export function sumInDoubles(
  values: Float32Array | Int32Array | Uint8Array,
  shape: readonly number[],
  axes: readonly number[],
): Float64Array {
  let current: Float64Array = new Float64Array(values);
  const sizes = [...shape];
  for (const axis of [...axes].reverse()) {
    const [outer, count, inner] = [
      product(sizes.slice(0, axis)),
      sizes[axis] as number,
      product(sizes.slice(axis + 1)),
    ];
    current = sumMiddle(current, { outer, count, inner });
    sizes.splice(axis, 1);
  }
  return current;
}

/** [outer, count, inner] -> [outer, inner] */
function sumMiddle(
  values: Float64Array,
  { outer, count, inner }: { outer: number; count: number; inner: number },
): Float64Array {
  const sums = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < count; c++) {
      const from = (o * count + c) * inner;
      const to = o * inner;
      for (let i = 0; i < inner; i++) sums[to + i] = (sums[to + i] as number) + (values[from + i] as number);
    }
  }
  return sums;
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
