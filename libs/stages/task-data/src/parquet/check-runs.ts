import type { ByteReader } from './byte-reader.ts';

/** Values that a last run may have beyond those that are wanted: it is filled up. */
const SLACK = 512;
const MAX_MINIBLOCKS = 1024;

/**
 * Goes over runs of equal and of packed values, as many as are wanted: a run of a few bytes may claim a thousand million.
 *
 * @returns how many of them are `counted`
 * @throws Error
 */
export function checkRuns(
  reader: ByteReader,
  { width, count, counted }: { width: number; count: number; counted?: number },
): number {
  if (width > 32) throw new Error(`its values have ${width} bits`);
  let found = 0;
  for (let seen = 0; seen < count; ) {
    const head = reader.varint();
    const isPacked = head % 2 === 1;
    const values = isPacked ? 8 * Math.floor(head / 2) : head / 2;
    const wanted = Math.min(values, count - seen);
    if (values > wanted + SLACK) throw new Error(`a run claims ${values} values, expected ${count - seen}`);
    const valueAt = (i: number) => bitsAt(reader.bytes, reader.at * 8 + (isPacked ? i * width : 0), width);
    if (counted !== undefined && isPacked) for (let i = 0; i < wanted; i++) found += valueAt(i) === counted ? 1 : 0;
    else if (counted !== undefined && valueAt(0) === counted) found += wanted;
    // Some writers leave out the end of the last packed run.
    reader.skip(isPacked ? Math.min(reader.left, (values / 8) * width) : Math.ceil(width / 8));
    seen += values;
  }
  return found;
}

/** Goes over differences of numbers; returns the numbers. */
export function readDeltas(reader: ByteReader, count: number): number[] {
  if (count === 0) return [];
  const blockSize = reader.varint();
  const miniblocks = reader.varint();
  reader.varint();
  if (miniblocks < 1 || miniblocks > MAX_MINIBLOCKS || blockSize % miniblocks !== 0)
    throw new Error(`a block of ${blockSize} numbers claims ${miniblocks} parts`);
  const values = [reader.zigzag()];
  const size = blockSize / miniblocks;
  while (values.length < count) {
    const least = reader.zigzag();
    const widths = Array.from({ length: miniblocks }, () => reader.byte());
    for (const width of widths) {
      if (values.length >= count) break;
      const packed = reader.at;
      for (let i = 0; i < size && values.length < count; i++)
        values.push((values.at(-1) as number) + least + bitsAt(reader.bytes, packed * 8 + i * width, width));
      reader.skip(Math.min(reader.left, Math.ceil((size * width) / 8)));
    }
  }
  return values;
}

function bitsAt(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let bit = 0; bit < width; ) {
    const taken = Math.min(8 - ((at + bit) & 7), width - bit);
    const byte = (bytes[Math.floor((at + bit) / 8)] ?? 0) >> ((at + bit) & 7);
    value += (byte & ((1 << taken) - 1)) * 2 ** bit;
    bit += taken;
  }
  return value;
}

/** Lengths of texts that begin as the one before them. @throws Error when they are more than `most` together */
export function checkSharedPrefixes(reader: ByteReader, { count, most }: { count: number; most: number }): void {
  const prefixes = readDeltas(reader, count);
  const suffixes = readDeltas(reader, count);
  let [before, total] = [0, 0];
  for (const [i, prefix] of prefixes.entries()) {
    const suffix = suffixes[i] as number;
    if (!(prefix >= 0 && prefix <= before && suffix >= 0))
      throw new Error('the prefix of a text is longer than the text before it');
    before = prefix + suffix;
    total += before;
    if (total > most) throw new Error('its texts share implausibly long prefixes');
  }
}
