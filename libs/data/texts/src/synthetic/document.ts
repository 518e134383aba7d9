import { RandomStream, streamKey } from '@retort/foundation/random';
import { CLAUSES } from './clauses.ts';
import {
  ADVERBS,
  EVENTS,
  INTRANSITIVE,
  NEUTRAL_VERBS,
  type NounKind,
  PLACES,
  SHARED_INTRANSITIVE,
  SPEECH,
  TIMES,
  type Verb,
} from './lexicon.ts';
import {
  agreeing,
  drawReferent,
  formOfBe,
  nounPhrase,
  objectPronoun,
  type Referent,
  subjectPronoun,
  type Tense,
} from './noun-phrase.ts';

export interface DocumentRequest {
  readonly seed: number;
  /** Which document; each has its own random stream, so that any can be made without the ones before it. */
  readonly index: number;
  readonly sentences: number;
}

/**
 * A little story in plain English, lower case, one string a sentence.
 *
 * There is much to learn beyond how often words occur: who does what to whom, agreement, which adjective and place go
 * with whom, pronouns for the one spoken of last, and a cast that stays the same through a document.
 */
export function syntheticDocument({ seed, index, sentences }: DocumentRequest): string[] {
  const random = new RandomStream(streamKey(seed, 'synthetic-document', index));
  const story = drawStory(random);
  return Array.from({ length: sentences }, (_, i) => `${drawSentence(random, story, i > 0)} .`);
}

type Actor = 'hunter' | 'grazer' | 'person';

interface Story {
  readonly cast: readonly Referent[];
  readonly tense: Tense;
  /** Whom the last sentence was about. */
  topic: Referent;
}

function drawStory(random: RandomStream): Story {
  const kinds: readonly Actor[] = random.pick([
    ['hunter', 'grazer'],
    ['hunter', 'grazer', 'person'],
    ['grazer', 'person'],
    ['person', 'person'],
    ['hunter', 'person'],
  ]);
  const cast = kinds.map((kind) => drawReferent(random, kind));
  return { cast, tense: random.unit() < 0.7 ? 'past' : 'present', topic: cast[0] as Referent };
}

function drawSentence(random: RandomStream, story: Story, mayRefer: boolean): string {
  const isReferring = mayRefer && random.unit() < 0.4;
  const subject = isReferring ? story.topic : random.pick(story.cast);
  story.topic = subject;
  const name = isReferring ? subjectPronoun(subject) : nounPhrase(random, subject);
  const draw = random.unit();
  if (draw < 0.45) return drawEvent(random, story, subject, name);
  if (draw < 0.7) return drawState(random, story, subject, name);
  if (draw < 0.85) return `${name} ${describe(subject, story.tense, random)}`;
  return drawSpeech(random, story);
}

/** "the fox hunted the hen near the den", or the passive of it. */
function drawEvent(random: RandomStream, story: Story, subject: Referent, name: string): string {
  const { verb, object } = drawAction(random, story, subject);
  const circumstance = random.unit() < 0.5 ? ` ${drawCircumstance(random, subject)}` : '';
  const isPlain = story.tense === 'past' && !subject.isPlural && !object.isPlural && isActor(object);
  if (isPlain && random.unit() < 0.5) return drawClause(random, { subject, verb, object, rest: circumstance });
  if (random.unit() < 0.25) {
    if (isActor(object)) story.topic = object;
    return `${nounPhrase(random, object)} ${formOfBe(object, story.tense)} ${verb.participle} by ${nounPhrase(random, subject)}${circumstance}`;
  }
  const isKnown =
    random.unit() < 0.2 && story.cast.includes(object) && subjectPronoun(object) !== subjectPronoun(subject);
  const objectName = isKnown ? objectPronoun(object) : nounPhrase(random, object);
  return `${name} ${agreeing(verb, subject, story.tense)} ${objectName}${drawRelative(random, story, object)}${circumstance}`;
}

/** "it was the hen that the fox hunted", "the fox that hunted the hen slept near the den". */
function drawClause(
  random: RandomStream,
  { subject, verb, object, rest }: { subject: Referent; verb: Verb; object: Referent; rest: string },
): string {
  const end = `${random.pick(SHARED_INTRANSITIVE).past} ${drawCircumstance(random, subject)}`;
  return random.pick(CLAUSES)({
    agent: nounPhrase(random, subject),
    patient: nounPhrase(random, object),
    verb,
    rest,
    end,
  });
}

/** A verb that fits the subject, and an object that fits the verb: one of the cast where possible. */
function drawAction(random: RandomStream, { cast }: Story, subject: Referent): { verb: Verb; object: Referent } {
  const others = cast.filter((one) => one !== subject && one.noun !== subject.noun);
  if (others.length > 0 && random.unit() < 0.35)
    return { verb: random.pick(NEUTRAL_VERBS), object: random.pick(others) };
  const event = random.pick(EVENTS.filter(({ subjects }) => subjects.includes(subject.noun.kind)));
  const known = others.filter((one) => event.objects.includes(one.noun.kind));
  return {
    verb: random.pick(event.verbs),
    object: known.length > 0 ? random.pick(known) : drawReferent(random, random.pick(event.objects)),
  };
}

/** " that hid in the meadow", now and then. */
function drawRelative(random: RandomStream, { tense }: Story, referent: Referent): string {
  const verbs = intransitivesOf(referent.noun.kind);
  if (verbs === undefined || random.unit() >= 0.15) return '';
  return ` that ${agreeing(random.pick(verbs), referent, tense)} ${random.pick(PLACES[referent.noun.kind as Actor])}`;
}

/** "the hen trembled in the meadow because the fox growled". */
function drawState(random: RandomStream, { tense, cast }: Story, subject: Referent, name: string): string {
  const main = `${name} ${agreeing(drawIntransitive(random, subject), subject, tense)} ${drawCircumstance(random, subject)}`;
  if (random.unit() >= 0.4) return main;
  const other = random.pick(cast);
  if (other === subject) return main;
  return `${main} ${random.pick(['because', 'while', 'when'])} ${nounPhrase(random, other)} ${agreeing(drawIntransitive(random, other), other, tense)}`;
}

function drawIntransitive(random: RandomStream, { noun }: Referent): Verb {
  const own = intransitivesOf(noun.kind) ?? [];
  return random.unit() < 0.7 ? random.pick(own) : random.pick(SHARED_INTRANSITIVE);
}

function isActor({ noun }: Referent): boolean {
  return intransitivesOf(noun.kind) !== undefined;
}

function intransitivesOf(kind: NounKind): readonly Verb[] | undefined {
  return kind === 'hunter' || kind === 'grazer' || kind === 'person' ? INTRANSITIVE[kind] : undefined;
}

function describe(subject: Referent, tense: Tense, random: RandomStream): string {
  const other = random.pick(subject.noun.adjectives);
  const more = other === subject.adjective ? '' : ` and ${other}`;
  return `${formOfBe(subject, tense)} ${subject.adjective}${more}`;
}

/** "the farmer knew that the hen slept in the orchard". */
function drawSpeech(random: RandomStream, story: Story): string {
  const speaker = story.cast.find(({ noun }) => noun.kind === 'person') ?? drawReferent(random, 'person');
  const about = random.pick(story.cast.filter((one) => one !== speaker));
  story.topic = about;
  const told = drawState(random, { ...story, cast: [about] }, about, nounPhrase(random, about));
  return `${nounPhrase(random, speaker)} ${agreeing(random.pick(SPEECH), speaker, story.tense)} that ${told}`;
}

function drawCircumstance(random: RandomStream, { noun }: Referent): string {
  const draw = random.unit();
  if (draw < 0.6) return random.pick(PLACES[noun.kind as Actor]);
  return draw < 0.8 ? random.pick(TIMES) : random.pick(ADVERBS);
}
