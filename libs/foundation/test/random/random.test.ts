import { hash32, RandomStream, streamKey, toUnit } from '@retort/foundation/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('hash32', () => {
  it('gives the words that it always gave: stored bytes depend on them', () => {
    expect([0, 1, 2, 3].map((position) => hash32(42, position))).toMatchInlineSnapshot(`
      [
        4098412698,
        1341969082,
        3530967335,
        2155075717,
      ]
    `);
  });

  it('spreads evenly over the unit interval, whatever the key', () => {
    for (const key of [0, 1, 0xffffffff]) {
      const counts = Array.from({ length: 16 }, () => 0);
      for (let i = 0; i < 160_000; i++) counts[Math.floor(toUnit(hash32(key, i)) * 16)]! += 1;
      // 10,000 expected in each; a deviation of 5 standard deviations is about 485.
      for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(485);
    }
  });
});

describe('streamKey', () => {
  it('tells seeds, purposes and steps apart', () => {
    const keys = [
      streamKey(1, 'a'),
      streamKey(2, 'a'),
      streamKey(1, 'b'),
      streamKey(1, 'a', 0),
      streamKey(1, 'a', 1),
      streamKey(1, 'a0'),
      streamKey(2 ** 32 + 1, 'a'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('RandomStream', () => {
  it('goes on from a position as if it had never stopped', () => {
    const whole = new RandomStream(7);
    const first = Array.from({ length: 10 }, () => whole.word());
    const rest = new RandomStream(7, 4);
    expect(Array.from({ length: 6 }, () => rest.word())).toEqual(first.slice(4));
  });

  it('shuffles into a permutation, and draws below the count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 50 }), (key, count) => {
        const random = new RandomStream(key);
        const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(random.below(count)).toBeLessThan(count);
      }),
    );
  });

  it('draws normal numbers within two deviations', () => {
    const random = new RandomStream(3);
    const values = Array.from({ length: 20_000 }, () => random.truncatedNormal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
  });
});
