import { printable } from '@retort/foundation/diagnostics';
import type { Colors } from './colors.ts';

interface Warned {
  readonly id: string;
  readonly warnings?: readonly string[];
}

/** What the stages of a run warned of, those whose result is from an earlier run too; undefined when nothing. */
export function warningsText(stages: readonly Warned[], colors: Colors): string | undefined {
  const lines = stages.flatMap(({ id, warnings = [] }) =>
    [...new Set(warnings)].map((warning) => `${colors.yellow('!')} ${printable(id)}  ${printable(warning)}`),
  );
  return lines.length === 0 ? undefined : `${colors.bold('Warnings')}\n${lines.join('\n')}`;
}
