import type { SettingAdvice } from './setting-advice.ts';

/** Where in a user's file a problem is. `line` and `column` count from 1; `pointer` is a JSON pointer (RFC 6901). */
export interface DiagnosticLocation {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
}

/**
 * One problem in what a user gave us, as data. Collected, never thrown one by one: a reader wants to see all of them.
 *
 * `code` is stable and documented (`PIPELINE_UNKNOWN_STAGE`); scripts and documentation lean on it. `message` is a full
 * sentence that says what is wrong, then expected and got, then what to do next.
 */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly location?: DiagnosticLocation;
  /** Settings that the message advises to change. */
  readonly advice?: readonly SettingAdvice[];
}

/** A problem of a setting. `path` is relative to what holds the settings: `['with', 'student', 'heads']` of a stage. */
export interface SettingProblem {
  readonly code: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}
