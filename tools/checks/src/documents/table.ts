/** Cells of one row, without the white space around them. */
export type TableRow = readonly string[];

/** Rows of every Markdown table whose first heading is `heading`, without heading and rule. Empty when there is none. */
export function tableRows(markdown: string, heading: string): TableRow[] {
  const lines = markdown.split('\n').map(cellsOf);
  return lines.flatMap((cells, start) => {
    if (cells?.[0] !== heading) return [];
    const end = lines.findIndex((line, i) => i > start && line === undefined);
    return lines.slice(start + 2, end === -1 ? undefined : end).flatMap((row) => (row ? [row] : []));
  });
}

function cellsOf(line: string): TableRow | undefined {
  const inside = /^\|(.*)\|\s*$/.exec(line)?.[1];
  return inside?.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}
