import type { RandomStream } from '@retort/foundation/random';

/** Token ids of two texts, without special tokens. */
export interface SentencePair {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

export interface PairOptions {
  /** Of both texts together. */
  readonly maxTokens: number;
  /** Share of pairs that aim at fewer tokens, from 2 up. */
  readonly shortFraction: number;
  /** Chance that the second text is from elsewhere. */
  readonly randomNext: number;
}

export interface PairSource {
  /** Token ids of each sentence of one document; none is empty. */
  readonly sentences: readonly (readonly number[])[];
  readonly random: RandomStream;
  /** Whole sentences from a random place of another document, at least `tokens` long unless that document ends. */
  readonly elsewhere: (tokens: number) => readonly number[];
}

/**
 * Pairs as BERT is pretrained on them and TinyBERT's general distillation reads them: sentences are taken up to the
 * target length and cut in two at a random sentence; the second part is what follows, or with chance `randomNext`, and
 * always after a single sentence, something from another document, and then what was not used comes again.
 *
 * @see `create_instances_from_document` in pregenerate_training_data.py of the reference code at 0598f02
 */
export function* sentencePairs(source: PairSource, options: PairOptions): Generator<SentencePair> {
  const { sentences, random } = source;
  const { maxTokens, shortFraction } = options;
  const target = random.unit() < shortFraction ? 2 + random.below(maxTokens - 1) : maxTokens;
  let chunk: (readonly number[])[] = [];
  let length = 0;
  for (let i = 0; i < sentences.length; i++) {
    const sentence = sentences[i] as readonly number[];
    chunk.push(sentence);
    length += sentence.length;
    if (i < sentences.length - 1 && length < target) continue;
    const { pair, unused } = pairOf(chunk, { ...source, ...options, target });
    yield pair;
    i -= unused;
    chunk = [];
    length = 0;
  }
}

interface Chunk extends PairSource, PairOptions {
  readonly target: number;
}

function pairOf(
  chunk: readonly (readonly number[])[],
  { random, elsewhere, randomNext, target, maxTokens }: Chunk,
): { pair: SentencePair; unused: number } {
  const end = chunk.length === 1 ? 1 : 1 + random.below(chunk.length - 1);
  const first = chunk.slice(0, end).flat();
  const isElsewhere = chunk.length === 1 || random.unit() < randomNext;
  const second = isElsewhere ? [...elsewhere(target - first.length)] : chunk.slice(end).flat();
  return {
    pair: truncated({ first, second }, maxTokens, random),
    unused: isElsewhere ? chunk.length - end : 0,
  };
}

/** Takes tokens off the longer text, each from its front or its back by chance. */
function truncated({ first, second }: SentencePair, maxTokens: number, random: RandomStream): SentencePair {
  const a = { from: 0, to: first.length };
  const b = { from: 0, to: second.length };
  while (a.to - a.from + (b.to - b.from) > maxTokens) {
    const longer = a.to - a.from > b.to - b.from ? a : b;
    if (random.unit() < 0.5) longer.from += 1;
    else longer.to -= 1;
  }
  return { first: first.slice(a.from, a.to), second: second.slice(b.from, b.to) };
}

export interface Corruption {
  readonly random: RandomStream;
  readonly maskId: number;
  readonly vocabularySize: number;
}

/**
 * Replaces one token by `[MASK]` (80 %), by a random one of the whole vocabulary (10 %), or by itself (10 %): what the
 * reference code does, since it asks for no masks and always gets one.
 */
export function corruptOneToken(
  { first, second }: SentencePair,
  { random, maskId, vocabularySize }: Corruption,
): SentencePair {
  const position = random.below(first.length + second.length);
  const kind = random.unit();
  if (kind >= 0.9) return { first, second };
  const token = kind < 0.8 ? maskId : random.below(vocabularySize);
  const put = (ids: readonly number[], at: number) => ids.map((id, i) => (i === at ? token : id));
  return { first: put(first, position), second: put(second, position - first.length) };
}
