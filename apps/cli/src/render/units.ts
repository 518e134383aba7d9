export { formatBytes } from '@retort/foundation/diagnostics';

/** `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** `12,345`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A loss, a metric: a count as it is, else four digits; exponents only where there is no other way. */
export function formatDecimal(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isSafeInteger(value)) return formatCount(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(3);
  return size >= 1000 ? value.toFixed(1) : size >= 1 ? value.toFixed(4 - digitsBefore(size)) : value.toFixed(4);
}

function digitsBefore(size: number): number {
  return Math.floor(Math.log10(size)) + 1;
}

/** Rate of work: `1,234 sentences/s`, `2.35 steps/s`. */
export function formatRate(perSecond: number, unit: string): string {
  const value =
    perSecond >= 100 ? formatCount(perSecond) : perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2);
  return `${value} ${unit}/s`;
}
