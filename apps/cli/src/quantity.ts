import { BYTES_PER_UNIT } from '@retort/foundation/diagnostics';
import { InvalidArgumentError } from 'commander';

const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, ...BYTES_PER_UNIT };
const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** `10GiB`, `500 MB`. Bytes. */
export function parseBytes(text: string): number {
  return Math.floor(parse(text, BYTES, '10GiB, 500MB'));
}

/** `30d`, `12h`. Seconds. */
export function parseDuration(text: string): number {
  return parse(text, SECONDS, '30d, 12h, 90min');
}

function parse(text: string, units: Readonly<Record<string, number>>, examples: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor === undefined)
    throw new InvalidArgumentError(
      `Expected a number with a unit (${Object.keys(units).join(', ')}), such as ${examples}.`,
    );
  return Number(number) * factor;
}
