import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

export interface TextColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Two spaces between columns, a rule below the titles, nothing else: it can be read, copied and searched. */
const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Of the longest line: a title may have several. */
function widthOf(text: string): number {
  return Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.length),
  );
}

/** Renders cells that are safe to print already (see `printable`), marked up or not. No line ends in a space. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: CHARS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  const widths = columns.map((_, at) =>
    Math.max(...[columns.map(({ title }) => title), ...rows].map((row) => widthOf(row[at] ?? ''))),
  );
  table.push(
    columns.map(({ title }) => title),
    widths.map((width) => '─'.repeat(width)),
    ...rows.map((row) => [...row]),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
