/**
 * Names, values and messages come from files that somebody else wrote. Control characters can move the cursor or recolour
 * a terminal; bidirectional and invisible ones make a text look like another one. The two joiners and the variation selectors
 * of emoji are parts of words and stay.
 */
// oxlint-disable-next-line no-misleading-character-class -- the joiners are meant one by one
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]|(?![\u200c\u200d\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** Colours, as this command sets them itself; no other escape sequence. */
const COLOR = /(\u001b\[[\d;]*m)/;

/** One line of text that is safe to print: line ends and tabs become spaces, what is unsafe becomes `\u202e`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => (/[\n\t]/.test(character) ? ' ' : escaped(character)));
}

/** The same of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)));
}

/**
 * The last door before a terminal: what a command has laid out and coloured, safe even where a part of it was put in
 * as it was found.
 */
export function printableScreen(text: string): string {
  // A carriage return before a line break, as in CSV, moves the cursor nowhere else than that does.
  const isPlain = (part: string, at: number) => /[\n\t]/.test(part[at] as string) || part.startsWith('\r\n', at);
  const safe = (part: string) => part.replace(UNSAFE, (each, at: number) => (isPlain(part, at) ? each : escaped(each)));
  return text
    .split(COLOR)
    .map((part, index) => (index % 2 === 1 ? part : safe(part)))
    .join('');
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;
}
