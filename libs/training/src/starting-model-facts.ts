import { geometryProblems } from '@retort/bert/geometry';
import type { Architecture, Facts, StageProblem } from '@retort/stage-kit';

/** How a stage that trains gets its model: new, from a geometry in its settings, or connected to go on with. */
export interface StartingModel {
  /** The setting with the geometry; the input role has the name `role`. */
  readonly setting: string;
  readonly role: string;
  readonly architecture: Architecture | undefined;
  readonly inputs: Readonly<Record<string, Facts>>;
}

/** What is known of the model before anything has run. Imports no tensor library. */
export function startingModelFacts({ role, architecture, inputs }: StartingModel): Facts {
  const { tokenizer, vocabularySize } = inputs['tokens'] ?? {};
  const geometry = inputs[role] ? inputs[role].architecture : architecture;
  return {
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(vocabularySize === undefined ? {} : { vocabularySize }),
    ...(geometry ? { architecture: geometry } : {}),
    ...(inputs[role]?.headKind === undefined ? {} : { headKind: inputs[role].headKind }),
  };
}

/** Exactly one of setting and input, and a geometry that is possible and long enough for the tokens. */
export function startingModelProblems({ setting, role, architecture, inputs }: StartingModel): StageProblem[] {
  const given = inputs[role];
  const longest = inputs['tokens']?.maxSequenceLength;
  const problems = [
    ...(architecture ? geometryProblems(architecture, ['with', setting], longest) : []),
    ...(given?.architecture ? geometryProblems(given.architecture, ['inputs', role], longest) : []),
  ];
  if (Boolean(architecture) !== Boolean(given)) return problems;
  const message = given
    ? `"${role}" is connected, so its geometry is given: leave "${setting}" out of the settings.`
    : `Give the geometry of a new model ("${setting}"), or connect "${role}" to go on with one.`;
  return [...problems, { code: 'MODEL_OR_ARCHITECTURE', path: ['with'], message }];
}
