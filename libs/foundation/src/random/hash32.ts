/**
 * A counter-based generator: the random word at `position` of stream `key`, with no state in between.
 *
 * Two rounds of the "lowbias32" integer mixer (Wellons, hash-prospector) with the key added before each. The same
 * function exists in SIMD (`engine`, for dropout masks); both are held to each other by a test. Not for cryptography.
 */
export function hash32(key: number, position: number): number {
  return mix((mix((position + key) | 0) + Math.imul(key, 0x9e3779b9)) | 0) >>> 0;
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** A word as a float in [0, 1), of its upper 24 bits, exact in float32. */
export function toUnit(word: number): number {
  return (word >>> 8) / 0x1000000;
}
