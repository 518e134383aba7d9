import assert from 'node:assert/strict';
import type { Ended } from '@retort/lab';

/** Codes of errors that a command printed. */
export function codesIn({ stderr }: Ended): string[] {
  return [...new Set(stderr.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [])];
}

/** @throws Error when `verify` found damage */
export function requireWhole(verified: Ended): void {
  assert.equal(verified.exitCode, 0, `verify reports ${verified.stdout}${verified.stderr}`);
}
