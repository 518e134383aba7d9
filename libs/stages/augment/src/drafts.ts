import type { RandomStream } from '@retort/foundation/random';
import type { Word } from './words.ts';

/** A word of a text with what may stand in its place. */
export interface Replaceable {
  readonly word: Word;
  readonly candidates: readonly string[];
}

/**
 * Texts with some words replaced, each different from the text and from the others: at most `copies`.
 *
 * @param replaceable in the order of the text
 * @see TinyBERT, arXiv:1909.10351, algorithm 1
 */
export function drafts(
  text: string,
  replaceable: readonly Replaceable[],
  { copies, replaceProbability, random }: { copies: number; replaceProbability: number; random: RandomStream },
): string[] {
  const found = new Set([text]);
  for (let copy = 0; copy < copies; copy++) {
    let draft = '';
    let at = 0;
    for (const { word, candidates } of replaceable) {
      if (candidates.length === 0 || random.unit() >= replaceProbability) continue;
      draft += text.slice(at, word.start) + inCaseOf(word.text, random.pick(candidates));
      at = word.end;
    }
    found.add(draft + text.slice(at));
  }
  return [...found].slice(1);
}

/** A candidate of an uncased vocabulary in place of a capitalized word. */
function inCaseOf(word: string, candidate: string): string {
  const [first = ''] = word;
  return first !== first.toLowerCase() && candidate === candidate.toLowerCase()
    ? candidate.charAt(0).toUpperCase() + candidate.slice(1)
    : candidate;
}
