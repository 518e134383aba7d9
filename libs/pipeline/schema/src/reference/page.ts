import type { Schema } from '../schema.ts';
import { type SettingRow, settingRows } from './setting-rows.ts';

/** A page of reference, for a file or for the terminal. Its texts are Markdown. */
export interface ReferencePage {
  readonly title: string;
  readonly text: string;
  readonly sections: readonly ReferenceSection[];
}

/** Text, then a table whose first column is a name and whose last one is what it means. */
export interface ReferenceSection {
  readonly title: string;
  readonly text?: string;
  readonly table?: ReferenceTable;
}

export interface ReferenceTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A section with a table, or with a word where nothing is in it. */
export function tableSection(title: string, table: ReferenceTable, empty = 'None.'): ReferenceSection {
  return table.rows.length === 0 ? { title, text: empty } : { title, table };
}

/** A section with every setting of an object schema. */
export function settingsSection(title: string, schema: Schema | readonly SettingRow[]): ReferenceSection {
  const rows = 'length' in schema ? schema : settingRows(schema);
  return tableSection(title, {
    head: ['Setting', 'Type', 'Default', 'Range', 'Description'],
    rows: rows.map((row) => [`\`${row.path}\``, row.type, row.preset, row.range, row.description]),
  });
}

export function markdownOf({ title, text, sections }: ReferencePage): string {
  const parts = sections.flatMap((section) => [
    `## ${section.title}`,
    section.text ?? '',
    section.table === undefined ? '' : markdownTable(section.table),
  ]);
  return `${[`# ${title}`, text, ...parts].filter(Boolean).join('\n\n')}\n`;
}

function markdownTable({ head, rows }: ReferenceTable): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
