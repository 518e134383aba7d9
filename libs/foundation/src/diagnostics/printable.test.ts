import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostic } from './format.ts';
import { printable, printableLines, printableScreen } from './printable.ts';

/** The bidirectional controls of UAX #9, by name: an independent list of what must never reach a screen. */
const BIDIRECTIONAL = [
  '\u061c',
  '\u200e',
  '\u200f',
  ...'\u202a\u202b\u202c\u202d\u202e',
  ...'\u2066\u2067\u2068\u2069',
];
const CONTROLS = [
  '\u0000',
  '\u0007',
  '\u0008',
  '\r',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u2028',
  '\u{e0041}',
  '\u200b',
  '\u2060',
  '\ufeff',
  '\u00ad',
];

const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...BIDIRECTIONAL, ...CONTROLS, '\n', '\t', '\u001b[2J', '\u001b[31m'), fc.string()))
  .map((parts) => parts.join(''));

const holdsAny = (text: string, characters: readonly string[]) => characters.some((each) => text.includes(each));

test('no control or bidirectional character passes, whatever surrounds it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      for (const shown of [printable(text), printableLines(text)])
        expect(holdsAny(shown, [...BIDIRECTIONAL, ...CONTROLS])).toBe(false);
      expect(printable(text)).not.toMatch(/[\n\t]/);
      // The end of a line in CSV is the one place for a carriage return.
      const screen = printableScreen(text)
        .replaceAll('\r\n', '\n')
        .replace(/\u001b\[[\d;]*m/g, '');
      expect(holdsAny(screen, [...BIDIRECTIONAL, ...CONTROLS])).toBe(false);
      const message = formatDiagnostic({ code: text, message: text, location: { file: text, pointer: text } });
      expect(holdsAny(message, [...BIDIRECTIONAL, ...CONTROLS])).toBe(false);
    }),
  );
});

test('what is unsafe is shown, text of any script stays as it is', () => {
  expect(printable('a\u202eb\u001b[2J')).toBe('a\\u202eb\\u001b[2J');
  expect(printable('שלום, دنیا می\u200cخواهم 👩\u200d🔬')).toBe('שלום, دنیا می\u200cخواهم 👩\u200d🔬');
  expect(printableLines('a\n\tb')).toBe('a\n\\u0009b');
});

test('a screen keeps lines, tabs and colours, and no other escape sequence', () => {
  expect(printableScreen('a,b\r\n\rc\r')).toBe('a,b\r\n\\u000dc\\u000d');
  expect(printableScreen('\u001b[31mred\u001b[0m\n\tb\u001b[1;1H\u202e')).toBe(
    '\u001b[31mred\u001b[0m\n\tb\\u001b[1;1H\\u202e',
  );
});
