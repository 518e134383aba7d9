import canonicalize from 'canonicalize';

/**
 * The one text of a JSON value: RFC 8785, keys sorted, no white space. `undefined` members are left out.
 *
 * @throws TypeError for what JSON cannot hold (functions, NaN, cycles)
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`not a JSON value: ${String(value)}`);
  return text;
}
