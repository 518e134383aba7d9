import { RandomStream, streamKey } from '@retort/foundation/random';

const CONSONANTS = [...'bcdfghjklmnprstvwz', 'ch', 'sh', 'th', 'st', 'tr', 'pl'];
const VOWELS = [...'aeiou', 'ea', 'ou', 'io'];

/**
 * Sentences of made words that occur as often as words of a natural language do: the word of rank r with a probability
 * of about 1 / r (Zipf's law).
 */
export function madeSentences({
  sentences,
  distinctWords,
  seed,
}: {
  sentences: number;
  distinctWords: number;
  seed: number;
}): string[] {
  const random = new RandomStream(streamKey(seed, 'made-words'));
  const words = Array.from({ length: distinctWords }, () => madeWord(random));
  return Array.from({ length: sentences }, () => {
    const length = 8 + random.below(25);
    const drawn = Array.from({ length }, () => words[zipfRank(random, distinctWords)] as string);
    return `${drawn.join(' ')} .`;
  });
}

function madeWord(random: RandomStream): string {
  const syllables = Array.from({ length: 1 + random.below(4) }, () => random.pick(CONSONANTS) + random.pick(VOWELS));
  return syllables.join('') + (random.unit() < 0.4 ? random.pick(CONSONANTS) : '');
}

/** 0…count - 1. The logarithm of a rank under Zipf's law is uniform. */
function zipfRank(random: RandomStream, count: number): number {
  return Math.min(count - 1, Math.floor(Math.exp(random.unit() * Math.log(count + 1)) - 1));
}
