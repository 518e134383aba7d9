/** Longest replacement of a text's characters, in bytes: the longest of Unicode's own has 33. */
const LONGEST = 64;

/**
 * What is wrong with a `precompiled_charsmap` of SentencePiece; undefined when nothing is. The library that applies it ends
 * the process where the map points outside itself, so all of its states are walked beforehand.
 *
 * The map is the size of a double array, the array (32-bit units), and the replacements that its leaves point to, each
 * ended by a zero byte.
 *
 * @see darts-clone, https://github.com/s-yata/darts-clone
 */
export function characterMapProblem(base64: unknown): string | undefined {
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0)
    return 'is not base64';
  const bytes = Buffer.from(base64, 'base64');
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) return 'is truncated';
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + size);
  if (!isUtf8(replacements)) return 'replaces characters with bytes that are not UTF-8';
  return walk(units, replacements) ? undefined : 'points outside itself';
}

function walk(units: Uint32Array, replacements: Uint8Array): boolean {
  const root = offsetOf(units[0] as number);
  const seen = new Set([root]);
  for (const state of seen) {
    // Any byte may come next, and each is looked up.
    if ((state | 0xff) >= units.length) return false;
    for (let byte = 1; byte < 256; byte++) {
      const unit = units[state ^ byte] as number;
      if ((unit & 0x8000_00ff) >>> 0 !== byte) continue;
      const next = (state ^ byte ^ offsetOf(unit)) >>> 0;
      if ((unit & 0x100) !== 0 && !isReplacement(replacements, units[next])) return false;
      seen.add(next);
    }
  }
  return true;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

/** Whether a leaf points to where a character begins, and a short replacement with it. */
function isReplacement(replacements: Uint8Array, leaf: number | undefined): boolean {
  if (leaf === undefined) return false;
  const at = leaf & 0x7fff_ffff;
  if (at > replacements.length || ((replacements[at] ?? 0) & 0xc0) === 0x80) return false;
  const end = replacements.indexOf(0, at);
  return (end === -1 ? replacements.length : end) - at <= LONGEST;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
