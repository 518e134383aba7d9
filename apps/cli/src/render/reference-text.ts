import { printable } from '@retort/foundation/diagnostics';
import type { ReferencePage, ReferenceSection } from '@retort/pipeline-schema/reference';
import type { Colors } from './colors.ts';
import { wrapped } from './wrapped.ts';

const WIDTH = 100;

/** A page of reference for the terminal: what is a row of a table in a file is a name here, with its meaning below. */
export function referenceText({ title, text, sections }: ReferencePage, colors: Colors): string {
  const parts = sections.map((section) => [colors.bold(plain(section.title)), ...sectionLines(section, colors)]);
  return [[colors.bold(colors.cyan(plain(title))), ...paragraph(text, 0)], ...parts]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function sectionLines({ text = '', table }: ReferenceSection, colors: Colors): string[] {
  const rows = table?.rows.flatMap(([name = '', ...cells]) => {
    const facts = cells
      .slice(0, -1)
      .map((cell, i) => factText(table.head[i + 1] ?? '', plain(cell)))
      .filter((fact) => fact !== '');
    const line = [`  ${plain(name)}`, ...(facts.length > 0 ? [colors.dim(facts.join(', '))] : [])].join('  ');
    return [line, ...paragraph(cells.at(-1) ?? '', 6)];
  });
  return [...paragraph(text, 2), ...(rows ?? [])];
}

function factText(title: string, cell: string): string {
  if (cell === '' || cell === 'none' || cell === 'no') return '';
  if (title === 'As a path') return `or ${cell}`;
  return title === 'Default' && cell !== 'required' ? `default ${cell}` : cell;
}

function paragraph(text: string, indent: number): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => wrapped(plain(line), WIDTH - indent).map((each) => ' '.repeat(indent) + each));
}

/** Without the marks of Markdown. */
function plain(text: string): string {
  return printable(text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''));
}
