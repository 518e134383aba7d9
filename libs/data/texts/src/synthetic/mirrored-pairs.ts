import { RandomStream, streamKey } from '@retort/foundation/random';
import { CLAUSES, PLAIN_CLAUSES } from './clauses.ts';
import { ADVERBS, NEUTRAL_VERBS, type Noun, PLACES, SHARED_INTRANSITIVE, SPEECH, TIMES } from './lexicon.ts';
import { nounsOf } from './noun-phrase.ts';

/** Names of the classes of the synthetic task, in label order: who acts. */
export const AGENT_LABELS = ['grazer', 'hunter'] as const;

export interface LabelledSentence {
  readonly text: string;
  /** Index into AGENT_LABELS. */
  readonly label: 0 | 1;
}

export interface PairRequest {
  readonly seed: number;
  /** `plain`: one active or passive clause. `all`: clefts, relative and other clauses, reported speech: much harder to learn. */
  readonly clauses: 'plain' | 'all';
}

const HUNTERS = nounsOf('hunter');
const GRAZERS = nounsOf('grazer');
const PEOPLE = nounsOf('person');
const ANIMALS = [...HUNTERS, ...GRAZERS];

/**
 * An endless series of sentence pairs for the question "who did it to whom: is the one who acts a hunter or a grazer?".
 *
 * The two sentences of a pair have the same words and opposite labels, since the two animals change places: no bag of
 * words can get more than one of them right. Active and passive take turns, with `all` also clefts, other clauses and
 * reported speech, so that the first animal is not always the answer, nor the last. No sentence comes twice.
 */
export function* mirroredPairs({
  seed,
  clauses,
}: PairRequest): Generator<readonly [LabelledSentence, LabelledSentence]> {
  const random = new RandomStream(streamKey(seed, 'mirrored-pairs'));
  const seen = new Set<string>();
  for (;;) {
    const frame = drawFrame(random, clauses);
    const [hunter, grazer] = [random.pick(HUNTERS).singular, random.pick(GRAZERS).singular];
    const byHunter = { text: fill(frame, hunter, grazer), label: 1 } as const;
    const byGrazer = { text: fill(frame, grazer, hunter), label: 0 } as const;
    if (seen.has(byHunter.text) || seen.has(byGrazer.text)) continue;
    seen.add(byHunter.text).add(byGrazer.text);
    yield random.unit() < 0.5 ? [byHunter, byGrazer] : [byGrazer, byHunter];
  }
}

/** A sentence with two gaps. */
const AGENT = '<agent>';
const PATIENT = '<patient>';

function fill(frame: string, agent: string, patient: string): string {
  return frame.replace(AGENT, agent).replace(PATIENT, patient);
}

function drawFrame(random: RandomStream, clauses: PairRequest['clauses']): string {
  const core = drawCore(random, clauses === 'plain' ? PLAIN_CLAUSES : CLAUSES);
  if (clauses === 'plain') return `${core} .`;
  const draw = random.unit();
  if (draw < 0.2) return `the ${random.pick(PEOPLE).singular} ${random.pick(SPEECH).past} that ${core} .`;
  if (draw < 0.4) return `${random.pick(TIMES)} ${core} .`;
  if (draw < 0.6) return `${core} ${random.pick(['while', 'because', 'before'])} ${drawBystander(random)} .`;
  return `${core} .`;
}

/** The event itself. Adjectives belong to the gaps, not to the animals, so that both sentences have the same. */
function drawCore(random: RandomStream, clauses: typeof CLAUSES): string {
  const verb = random.pick(NEUTRAL_VERBS);
  const agent = `the ${drawAdjective(random)}${AGENT}`;
  const patient = `the ${drawAdjective(random)}${PATIENT}`;
  return random.pick(clauses)({ agent, patient, verb, rest: drawRest(random), end: drawEnd(random) });
}

function drawAdjective(random: RandomStream): string {
  if (random.unit() >= 0.4) return '';
  return `${random.pick(random.pick(ANIMALS).adjectives)} `;
}

function drawRest(random: RandomStream): string {
  return random.unit() < 0.5 ? '' : ` ${random.pick([...PLACES.hunter, ...PLACES.grazer, ...ADVERBS])}`;
}

function drawEnd(random: RandomStream): string {
  return `${random.pick(SHARED_INTRANSITIVE).past} ${random.pick([...PLACES.hunter, ...PLACES.grazer])}`;
}

/** A third animal that has nothing to do with the question. */
function drawBystander(random: RandomStream): string {
  const { singular }: Noun = random.pick(ANIMALS);
  return `the ${singular} ${random.pick(SHARED_INTRANSITIVE).past}`;
}
