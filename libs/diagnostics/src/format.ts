import type { Diagnostic } from './diagnostic.ts';

/** `CODE   file:line:column  /pointer` on one line, the message indented below it. */
export function formatDiagnostic({ code, message, location = {} }: Diagnostic): string {
  const { file, line, column, pointer } = location;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = [code, [place, pointer].filter(Boolean).join('  ')].filter(Boolean).join('   ');
  return `${printable(head)}\n  ${printable(message).replaceAll('\n', '\n  ')}`;
}

export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n\n');
}

/** Names and values come from files that somebody else wrote: control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
