import type { RandomStream } from '@retort/foundation/random';

const MOST_CHANGES = 4;
/** What breaks readers that trust lengths and offsets. */
const EXTREME_NUMBERS = [0, 1, -1, 0x7f, 0xff, 0xffff, 0x7fffffff, -0x80000000, 0x40000000];

/** A copy of bytes with one to four random changes: bits, numbers, pieces cut out, doubled, or emptied. */
export function mutated(bytes: Uint8Array, random: RandomStream): Uint8Array {
  let changed = Uint8Array.from(bytes);
  const changes = 1 + random.below(MOST_CHANGES);
  for (let i = 0; i < changes && changed.length > 0; i++) changed = random.pick(CHANGES)(changed, random);
  return changed;
}

type Change = (bytes: Uint8Array<ArrayBuffer>, random: RandomStream) => Uint8Array<ArrayBuffer>;

const CHANGES: readonly Change[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length < 4) return bytes;
    const at = random.below(bytes.length - 3) & (random.below(2) === 0 ? -4 : -1);
    new DataView(bytes.buffer).setInt32(at, random.pick(EXTREME_NUMBERS), true);
    return bytes;
  },
  (bytes, random) => {
    const [start, end] = slice(bytes, random);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  (bytes, random) => {
    const [start, end] = slice(bytes, random);
    return joined(bytes.subarray(0, end), bytes.subarray(start));
  },
  (bytes, random) => {
    const [start, end] = slice(bytes, random);
    return bytes.fill(0, start, end);
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
];

function slice(bytes: Uint8Array, random: RandomStream): [number, number] {
  const start = random.below(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random.below(64))];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
