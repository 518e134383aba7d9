import type { Verb } from './lexicon.ts';

export interface ClauseParts {
  /** Noun phrases of one animal each, singular. */
  readonly agent: string;
  readonly patient: string;
  readonly verb: Verb;
  /** Where, when or how, with a space before it; may be empty. */
  readonly rest: string;
  /** What the one with the relative clause did. */
  readonly end: string;
}

type Clause = (parts: ClauseParts) => string;

const active: Clause = ({ agent, patient, verb, rest }) => `${agent} ${verb.past} ${patient}${rest}`;
const passive: Clause = ({ agent, patient, verb, rest }) => `${patient} was ${verb.participle} by ${agent}${rest}`;

/**
 * Who did what to whom, in the past tense: three times active to once passive. "Who comes first acts" is then right for
 * three sentences of four, which a model finds before it sees what a passive is; with as many of both, small models
 * often find nothing at all.
 */
export const PLAIN_CLAUSES: readonly Clause[] = [active, active, active, passive];

/** All ways to say it, each as often. Agent or patient may come first in each kind. */
export const CLAUSES: readonly Clause[] = [
  active,
  passive,
  ({ agent, patient, verb, rest }) => `it was ${agent} that ${verb.past} ${patient}${rest}`,
  ({ agent, patient, verb, rest }) => `it was ${patient} that ${agent} ${verb.past}${rest}`,
  ({ agent, patient, verb, end }) => `${agent} that ${verb.past} ${patient} ${end}`,
  ({ agent, patient, verb, end }) => `${patient} that ${agent} ${verb.past} ${end}`,
  ({ agent, patient, verb, end }) => `${patient} that was ${verb.participle} by ${agent} ${end}`,
];
