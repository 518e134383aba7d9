import { printable } from '@retort/foundation/diagnostics';

/** Values longer than this are cut; `--json` has them whole. */
const SHOWN_CHARACTERS = 48;

/** A setting or a digest on a line: a dash for one that is not there, twelve digits of a digest. */
export function valueText(value: unknown): string {
  if (value === undefined) return '–';
  const text = printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'));
  const short = /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
  return short.length <= SHOWN_CHARACTERS ? short : `${short.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
