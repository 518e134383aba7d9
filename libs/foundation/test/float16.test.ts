import { fromFloat16, toFloat16 } from '@retort/foundation/float16';
import { describe, expect, it } from 'vitest';

function roundTrip(value: number): { bits: number; back: number } {
  const bits = new Uint16Array(1);
  const back = new Float32Array(1);
  expect(toFloat16(Float32Array.of(value), bits)).toBe(-1);
  fromFloat16(bits, back);
  return { bits: bits[0] as number, back: back[0] as number };
}

describe('float16', () => {
  // IEEE 754 binary16 bit patterns.
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.333251953125, 0x3555],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -14 - 2 ** -24, 0x03ff],
  ])('has the published bits of %d', (value, bits) => {
    expect(roundTrip(value).bits).toBe(bits);
  });

  it.each([
    ['1 + half a unit goes to the even 1', 1 + 2 ** -11, 1],
    ['1 + one and a half units goes to the even 1 + 2 units', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['just over half a unit goes up', 1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    ['half the smallest subnormal goes to 0', 2 ** -25, 0],
    ['one and a half of the smallest subnormal goes to 2', 3 * 2 ** -25, 2 ** -23],
    ['the largest subnormal rounds up to the smallest normal', 2 ** -14 - 2 ** -26, 2 ** -14],
    ['a carry goes into the exponent', 2047.9, 2048],
  ])('rounds to nearest, ties to even: %s', (_, value, back) => {
    expect(roundTrip(value).back).toBe(back);
  });

  it('brings back every finite pattern', () => {
    const patterns = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    const values = new Float32Array(patterns.length);
    fromFloat16(patterns, values);
    const back = new Uint16Array(patterns.length);
    expect(toFloat16(values, back)).toBe(-1);
    expect(back).toEqual(patterns);
  });

  it.each([65520, -65520, 1e30, Number.POSITIVE_INFINITY, Number.NaN])('points at %d, which does not fit', (value) => {
    expect(toFloat16(Float32Array.of(1, value, 2), new Uint16Array(3))).toBe(1);
  });
});
