import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDecimal, formatDuration, formatRate } from './units.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.50 KiB'],
  [250 * 1024 ** 2, '250.0 MiB'],
  [4 * 1024 ** 3, '4.00 GiB'],
])('%d bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.7, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7621, '2 h 07 min'],
  [7199, '2 h 00 min'],
])('%d seconds', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, '0'],
  [3, '3'],
  [0.123456, '0.1235'],
  [12.3456, '12.35'],
  [9.87654, '9.877'],
  [1234.56, '1234.6'],
  [0.00001234, '1.234e-5'],
  [1e30, '1.000e+30'],
  [Number.NaN, 'NaN'],
])('figure %d', (value, text) => {
  expect(formatDecimal(value)).toBe(text);
});

test('counts and rates', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatRate(1234.5, 'rows')).toBe('1,235 rows/s');
  expect(formatRate(2.345, 'steps')).toBe('2.35 steps/s');
});
