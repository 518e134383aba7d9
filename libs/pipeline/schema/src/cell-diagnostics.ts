import type { Diagnostic } from '@retort/foundation/diagnostics';

/** Problems that were found in one cell of a matrix. */
export interface CellDiagnostics {
  readonly id: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The problems of all cells, each told once. One that only some cells have names them, unless it stands at a value of the
 * matrix, which says it already.
 */
export function mergeCellDiagnostics(cells: readonly CellDiagnostics[]): Diagnostic[] {
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly ids: Set<string> }>();
  for (const { id, diagnostics } of cells) {
    for (const diagnostic of diagnostics) {
      const identity = JSON.stringify(diagnostic);
      const entry = found.get(identity) ?? { diagnostic, ids: new Set() };
      found.set(identity, entry);
      entry.ids.add(id);
    }
  }
  return [...found.values()].map(({ diagnostic, ids }) => {
    const isPlain = ids.size === cells.length || diagnostic.location?.pointer?.startsWith('/matrix/');
    return isPlain ? diagnostic : { ...diagnostic, message: `${diagnostic.message} ${cellsText([...ids])}` };
  });
}

function cellsText([first, ...others]: readonly string[]): string {
  return others.length === 0 ? `In cell ${first}.` : `In cell ${first} and ${others.length} more.`;
}
