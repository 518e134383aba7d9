import type { RandomStream } from '@retort/foundation/random';
import { NOUNS, type Noun, type NounKind, type Verb } from './lexicon.ts';

/** Somebody or something that a document speaks of. */
export interface Referent {
  readonly noun: Noun;
  readonly isPlural: boolean;
  /** One that goes with the noun; used now and then. */
  readonly adjective: string;
}

const BY_KIND: Readonly<Record<NounKind, readonly Noun[]>> = {
  hunter: nounsOf('hunter'),
  grazer: nounsOf('grazer'),
  person: nounsOf('person'),
  food: nounsOf('food'),
  thing: nounsOf('thing'),
};

export function nounsOf(kind: NounKind): Noun[] {
  return NOUNS.filter((noun) => noun.kind === kind);
}

export function drawReferent(random: RandomStream, kind: NounKind): Referent {
  const noun = random.pick(BY_KIND[kind]);
  return { noun, isPlural: random.unit() < 0.3, adjective: random.pick(noun.adjectives) };
}

/** "the fox", "the sly fox", "two foxes". */
export function nounPhrase(random: RandomStream, { noun, isPlural, adjective }: Referent): string {
  const determiner = isPlural && random.unit() < 0.3 ? random.pick(['two', 'some']) : 'the';
  const described = random.unit() < 0.4 ? `${adjective} ` : '';
  return `${determiner} ${described}${isPlural ? noun.plural : noun.singular}`;
}

const OBJECT_PRONOUNS: Readonly<Record<string, string>> = { he: 'him', she: 'her', it: 'it', they: 'them' };

export function subjectPronoun({ noun, isPlural }: Referent): string {
  return isPlural ? 'they' : noun.pronoun;
}

export function objectPronoun(referent: Referent): string {
  return OBJECT_PRONOUNS[subjectPronoun(referent)] as string;
}

export type Tense = 'past' | 'present';

export function agreeing(verb: Verb, subject: Referent, tense: Tense): string {
  if (tense === 'past') return verb.past;
  return subject.isPlural ? verb.plain : verb.third;
}

export function formOfBe(subject: Referent, tense: Tense): string {
  if (tense === 'past') return subject.isPlural ? 'were' : 'was';
  return subject.isPlural ? 'are' : 'is';
}
