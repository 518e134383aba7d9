import { type DiagnosticLocation, InvalidInputError } from '@retort/diagnostics';
import type { RunManifest } from '@retort/pipeline-runner';
import { inexactNumbers, validateAgainstSchema } from '@retort/pipeline-schema';
import schema from './manifest.schema.json' with { type: 'json' };

/**
 * A manifest that somebody else wrote, as `retort show --json` prints it, checked as far as comparing and running it again
 * lean on it. Members that are not known are left alone.
 *
 * @param file  how messages call it
 * @throws InvalidInputError MANIFEST_INVALID with every problem
 */
export function parseManifest(text: string, file: string): RunManifest {
  const value = parseJson(text, file);
  const problems = validateAgainstSchema(schema, value);
  if (problems.length === 0) return value as RunManifest;
  throw new InvalidInputError(
    problems.map(({ message, path }) => invalid(message, { file, pointer: `/${path.join('/')}` })),
  );
}

function parseJson(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError([invalid((error as Error).message, { file })]);
  }
  const [inexact] = inexactNumbers(text);
  if (inexact !== undefined) throw new InvalidInputError([invalid(inexact.message, { file })]);
  return value;
}

function invalid(message: string, location: DiagnosticLocation) {
  const advice = 'Expected the manifest of a run, as `retort show --json` prints it.';
  return { code: 'MANIFEST_INVALID', message: `${message} ${advice}`, location };
}
