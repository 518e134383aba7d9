import { inexactNumbers } from './exact-number.ts';
import { TOO_DEEP, tooDeepAt } from './json-source.ts';

/** What a person typed for a value on the command line. */
export interface TypedValue {
  /** JSON where it parses, else the text itself. */
  readonly value: unknown;
  /** Why the text is not to be read as JSON, though it could be. Of no matter where text is wanted. */
  readonly problem?: string;
}

/** Reads the value of `--set path=value`, or of a cell behind `@`. */
export function readTypedValue(text: string): TypedValue {
  if (tooDeepAt(text) !== undefined) return { value: text, problem: TOO_DEEP };
  try {
    const value: unknown = JSON.parse(text);
    const [inexact] = inexactNumbers(text);
    return { value, ...(inexact !== undefined && { problem: inexact.message }) };
  } catch {
    return { value: text };
  }
}
