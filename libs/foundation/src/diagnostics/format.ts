import type { Diagnostic } from './diagnostic.ts';
import { printable, printableLines } from './printable.ts';

/** `CODE   file:line:column  /pointer` on one line, the message indented below it. */
export function formatDiagnostic({ code, message, location = {} }: Diagnostic): string {
  const { file, line, column, pointer } = location;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = [code, [place, pointer].filter(Boolean).join('  ')].filter(Boolean).join('   ');
  return `${printable(head)}\n  ${printableLines(message).replaceAll('\n', '\n  ')}`;
}

export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n\n');
}
