import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostics } from './format.ts';

/** The root of every error that we throw on purpose. `code` is stable; the command line turns it into an exit code. */
export class RetortError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RetortError';
    this.code = code;
  }
}

/** The command line, a variant, a stage name or a `--set` was wrong. Exit code 2, nothing was run. */
export class UsageError extends RetortError {}

/** A pipeline file or a data file was wrong. Carries every problem that was found. Exit code 2. */
export class InvalidInputError extends RetortError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.code ?? 'INVALID_INPUT', formatDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}

/** Two tensors, or a tensor and its documented shape, do not fit. A mistake in our code or in a model file. */
export class ShapeError extends RetortError {
  constructor(message: string) {
    super('SHAPE_MISMATCH', message);
  }
}

/** A stage cannot go on: bad data inside an artifact, a loss that is not finite. Exit code 1. */
export class StageError extends RetortError {}

/** Stored bytes are not what their digest says and could not be recomputed. Exit code 3. */
export class StoreDamagedError extends RetortError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('ARTIFACT_DAMAGED', message, options);
  }
}
