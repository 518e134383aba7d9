import { createScanner, type SyntaxKind } from 'jsonc-parser';

/** The least number that has all of its digits, and the first from which on not every integer is one. */
const LEAST_NORMAL = 2 ** -1022;
const FIRST_GAP = 2 ** 53;

/** Of the scanner: an ambient enum has no values here. */
const NUMBER = 11 satisfies SyntaxKind.NumericLiteral;
const END = 17 satisfies SyntaxKind.EOF;

/** A number that JavaScript reads as another one than is written. */
export interface InexactNumber {
  readonly offset: number;
  readonly message: string;
}

/**
 * The numbers of a JSON text that would silently become others: infinity, 0, or an integer with other digits. That a fraction
 * is rounded to the nearest of the numbers around it is what numbers are, and no problem.
 *
 * @param text valid JSON
 */
export function inexactNumbers(text: string): InexactNumber[] {
  const scanner = createScanner(text, true);
  const found: InexactNumber[] = [];
  for (let token = scanner.scan(); token !== END; token = scanner.scan()) {
    const message = token === NUMBER ? problemOf(scanner.getTokenValue()) : undefined;
    if (message !== undefined) found.push({ offset: scanner.getTokenOffset(), message });
  }
  return found;
}

function problemOf(literal: string): string | undefined {
  const value = Number(literal);
  const size = Math.abs(value);
  const shown = literal.length > 40 ? `${literal.slice(0, 37)}...` : literal;
  if (size === Number.POSITIVE_INFINITY) {
    const range = value > 0 ? 'at most 1.7976931348623157e308' : 'at least -1.7976931348623157e308';
    return `Expected a number of ${range}, got ${shown}.`;
  }
  if ((size >= LEAST_NORMAL && size < FIRST_GAP) || decimalOf(literal) === decimalOf(String(value))) return undefined;
  const why =
    size < LEAST_NORMAL
      ? 'is too close to 0 for a number of 64 bits'
      : 'has more digits than a number of 64 bits holds';
  return `${shown} ${why}, and would be read as ${value}. Write that value, or put an identifier in double quotes.`;
}

/** A decimal number in one form, such as `125e-2` for 1.250. */
function decimalOf(literal: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return end === 0 ? '0' : `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
