export type { Diagnostic, DiagnosticLocation } from './diagnostic.ts';
export { diskError, systemError } from './disk-error.ts';
export { InvalidInputError, RetortError, ShapeError, StageError, StoreDamagedError, UsageError } from './errors.ts';
export { formatDiagnostic, formatDiagnostics } from './format.ts';
export { formatBytes } from './format-bytes.ts';
export { makeFolder } from './make-folder.mjs';
export { nearest, suggestion } from './nearest.ts';
export { BYTES_PER_UNIT, parseBytes } from './parse-bytes.ts';
export { printable, printableScreen } from './printable.ts';
