import { printable } from '@retort/foundation/diagnostics';
import type { StageSummary } from '@retort/pipeline-runner';
import type { Colors } from './colors.ts';

/** Why each failed stage failed, where its log is, and what could not run because of it. */
export function failuresText(stages: readonly StageSummary[], colors: Colors): string {
  const failures = stages.flatMap(({ id, error }) => (error ? [failureText(id, error, colors)] : []));
  const skipped = stages.filter(({ status }) => status === 'skipped').map(({ id }) => printable(id));
  return [
    ...failures,
    ...(skipped.length > 0 ? [`Not run, because they depend on it: ${skipped.join(', ')}`] : []),
  ].join('\n\n');
}

function failureText(id: string, { code, message, log }: NonNullable<StageSummary['error']>, colors: Colors): string {
  const lines = message.split('\n').map((line) => `  ${printable(line)}`);
  return `${colors.red(`${printable(code)}   stage ${printable(id)}`)}\n${lines.join('\n')}\n  Log: ${printable(log)}`;
}
