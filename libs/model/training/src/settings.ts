import settings from './settings.schema.json' with { type: 'json' };

type Name = keyof typeof settings.$defs;

/** The shared definitions themselves, for a stage that extends one. */
export const trainingDefinitions = settings.$defs;

/** A stage's own schema with the shared definitions that it refers to. Imports no tensor library. */
export function withTrainingSettings(
  schema: Readonly<Record<string, unknown>>,
  names: readonly Name[],
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { ...schema, $defs: { ...Object.fromEntries(names.map((name) => [name, settings.$defs[name]])), ...more } };
}
