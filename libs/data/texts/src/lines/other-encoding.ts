/** Beginnings of files that no line of can be read, the longer ones first. */
const BEGINNINGS: readonly (readonly [bytes: string, problem: string])[] = [
  ['fffe0000', inUnicode('utf-32')],
  ['0000feff', inUnicode('utf-32')],
  ['fffe', inUnicode('utf-16')],
  ['feff', inUnicode('utf-16')],
  [
    '504b0304',
    'Expected text, got a ZIP archive, such as an Excel workbook (.xlsx). Save the sheet as "CSV UTF-8", or unpack the archive.',
  ],
];

function inUnicode(encoding: string): string {
  return `Expected UTF-8, got ${encoding.toUpperCase()} according to its byte order mark. Convert the file, for example with iconv -f ${encoding} -t utf-8.`;
}

/** What the beginning of a file says that it is instead of UTF-8 text, and what to do; undefined where it says nothing. */
export function otherEncoding(start: Buffer): string | undefined {
  const bytes = start.toString('hex', 0, 4);
  return BEGINNINGS.find(([beginning]) => bytes.startsWith(beginning))?.[1];
}
