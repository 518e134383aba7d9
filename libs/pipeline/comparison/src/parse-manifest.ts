import { type DiagnosticLocation, InvalidInputError, shown } from '@retort/foundation/diagnostics';
import type { RunManifest } from '@retort/pipeline-runner';
import { inexactNumbers, validateAgainstSchema } from '@retort/pipeline-schema';
import { isNestedDeeperThan } from '@retort/store';
import { parseWholeJson } from '@retort/texts/lines';
import schema from './manifest.schema.json' with { type: 'json' };

/** More than settings may have, and less than what walking a value can take. */
const MOST_LEVELS = 100;
/** A matrix of a thousand stages has some hundred thousand. */
const MOST_VALUES = 5_000_000;

/**
 * A manifest that somebody else wrote, as `retort show --json` prints it, checked as far as comparing and running it again
 * lean on it. Members that are not known are left alone.
 *
 * @param file  how messages call it
 * @throws InvalidInputError MANIFEST_INVALID with every problem
 */
export function parseManifest(text: string, file: string): RunManifest {
  const value = parseJson(text, file);
  const problems = problemsOfManifest(value);
  if (problems.length === 0) return value as RunManifest;
  throw new InvalidInputError(
    problems.map(({ message, path }) => invalid(message, { file, pointer: `/${path.join('/')}` })),
  );
}

/** What keeps a value from being a manifest; nothing of one that a run wrote. */
export function problemsOfManifest(
  value: unknown,
): { readonly message: string; readonly path: readonly (string | number)[] }[] {
  const isTooDeep = isNestedDeeperThan(value, MOST_LEVELS);
  if (isTooDeep) return [{ message: `Values are nested more than ${MOST_LEVELS} levels deep.`, path: [] }];
  const problems = validateAgainstSchema(schema, value);
  return problems.length === 0 ? stagesNamedTwice(value as RunManifest) : problems;
}

function stagesNamedTwice({ pipeline, stages }: RunManifest): { message: string; path: string[] }[] {
  const lists = { 'pipeline/stages': pipeline.stages, stages };
  return Object.entries(lists).flatMap(([path, listed]) => {
    const seen = new Set<string>();
    const twice = listed.map(({ id }) => id).find((id) => seen.size === seen.add(id).size);
    return twice === undefined ? [] : [{ message: `Stage ${shown(twice)} occurs twice.`, path: path.split('/') }];
  });
}

function parseJson(text: string, file: string): unknown {
  const { json: value, problem } = parseWholeJson(text, { depth: MOST_LEVELS, values: MOST_VALUES });
  if (problem !== undefined) throw new InvalidInputError([invalid(problem, { file })]);
  const [inexact] = inexactNumbers(text);
  if (inexact !== undefined) throw new InvalidInputError([invalid(inexact.message, { file })]);
  return value;
}

function invalid(message: string, location: DiagnosticLocation) {
  const advice = 'Expected a run manifest, as `retort show --json` prints it.';
  return { code: 'MANIFEST_INVALID', message: `${message} ${advice}`, location };
}
