export type { Diagnostic, DiagnosticLocation } from './diagnostic.ts';
export { formatDiagnostic, formatDiagnostics } from './format.ts';
export { nearest, suggestion } from './nearest.ts';
export { InvalidInputError, RetortError, ShapeError, StageError, StoreDamagedError, UsageError } from './errors.ts';
export { diskError } from './disk-error.ts';
export { formatBytes } from './format-bytes.ts';
export { BYTES_PER_UNIT, parseBytes } from './parse-bytes.ts';
