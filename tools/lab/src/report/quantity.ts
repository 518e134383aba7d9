import type { Measurement, Unit } from './report.ts';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `1.52 GiB`, `12,345 tokens/s`, `87.3 ms`. */
export function quantity(value: number, unit: Unit): string {
  if (unit === 'bytes') return bytes(value);
  if (unit === 'bytes/row') return `${bytes(value)}/row`;
  if (unit === 'ratio') return decimal(value);
  return `${decimal(value)} ${unit}`;
}

/** Empty where nothing was repeated. */
export function range({ repetitions, lowest, highest }: Measurement): string {
  return repetitions > 1 ? `${decimal(lowest)} to ${decimal(highest)} (${repetitions} ×)` : '';
}

/** `at most 4.00 GiB: kept`. Empty without a limit. */
export function verdict({ value, limit, unit }: Measurement): string {
  if (limit === undefined) return '';
  return `at most ${quantity(limit, unit)}: ${value <= limit ? 'kept' : 'BROKEN'}`;
}

function decimal(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function bytes(value: number): string {
  const exponent = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${decimal(value / 1024 ** exponent)} ${BYTE_UNITS[exponent]}`;
}
