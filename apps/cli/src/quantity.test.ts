import { expect, test } from 'vitest';
import { parseBytes, parseDuration } from './quantity.ts';

test.each([
  ['10GiB', 10 * 2 ** 30],
  ['1.5 MB', 1_500_000],
  ['0B', 0],
])('%s are %d bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.each([
  ['30d', 2_592_000],
  ['90min', 5400],
])('%s are %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['10', 'GiB', '-1GiB', '10 gib', '1e3MB', '5constructor'])(
  '%j is refused, with units and examples',
  (text) => {
    expect(() => parseBytes(text)).toThrow(/KiB.*such as 10GiB/);
  },
);
