import { hash32, toUnit } from './hash32.ts';

/** A 32-bit key for one purpose under one seed: `streamKey(42, 'dropout', step)`. Streams do not overlap in practice. */
export function streamKey(seed: number, ...parts: readonly (string | number)[]): number {
  let key = hash32(seed >>> 0, Math.floor(seed / 0x100000000) >>> 0);
  for (const part of parts) {
    for (const char of `${part}\u0000`) key = hash32(key, char.codePointAt(0) as number);
  }
  return key;
}

/**
 * Random numbers for shuffles, sampling and initial weights. Its whole state is `position`, so that it can be saved
 * and set again; the same on every machine, since only integer arithmetic decides the words.
 */
export class RandomStream {
  readonly key: number;
  position: number;

  constructor(key: number, position = 0) {
    this.key = key;
    this.position = position;
  }

  word(): number {
    return hash32(this.key, this.position++);
  }

  /** [0, 1), 24 bits. */
  unit(): number {
    return toUnit(this.word());
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.floor((this.word() / 0x100000000) * count);
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new RangeError('pick from an empty list');
    return values[this.below(values.length)] as T;
  }

  /** Fisher–Yates, in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  }

  /** Normal with mean 0 and standard deviation 1 (Box–Muller), cut off at two standard deviations by drawing again. */
  truncatedNormal(): number {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
      const value = radius * Math.cos(2 * Math.PI * this.unit());
      if (Math.abs(value) <= 2) return value;
    }
  }
}
