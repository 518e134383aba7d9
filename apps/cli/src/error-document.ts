import { type Diagnostic, InvalidInputError, RetortError } from '@retort/foundation/diagnostics';

/** What `--json` prints of an error, instead of the command's own document. */
export interface ErrorDocument {
  readonly event: 'error';
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** Every problem of a pipeline or data file; empty for other errors. */
    readonly diagnostics: readonly Diagnostic[];
  };
}

export function errorDocument(error: unknown): ErrorDocument {
  const code = error instanceof RetortError ? error.code : 'INTERNAL_ERROR';
  const message = error instanceof Error ? error.message : String(error);
  const diagnostics = error instanceof InvalidInputError ? error.diagnostics : [];
  return { event: 'error', error: { code, message, diagnostics } };
}
