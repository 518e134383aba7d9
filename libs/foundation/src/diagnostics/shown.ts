const MOST_CHARACTERS = 60;

/** A value of a file, for a message. */
export function shown(value: unknown): string {
  const text = textOf(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MOST_CHARACTERS + 1));
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  try {
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)) ?? 'nothing';
  } catch (error) {
    // JSON.stringify calls itself, JSON.parse does not: what it read may be too deep to write.
    if (error instanceof RangeError) return 'a value that is nested very deeply';
    throw error;
  }
}
