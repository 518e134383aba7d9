/**
 * One line of text that is safe to print. Names and messages come from files and data that somebody else wrote: control
 * characters could move the cursor or recolour the terminal, and bidirectional marks could show another order.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return ' ';
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
