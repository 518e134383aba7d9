import { AGENT_LABELS, type LabelledSentence, mirroredPairs, syntheticDocument } from '@retort/texts/synthetic';
import { describe, expect, it } from 'vitest';

function take(
  seed: number,
  count: number,
  clauses: 'plain' | 'all' = 'all',
): (readonly [LabelledSentence, LabelledSentence])[] {
  const pairs = mirroredPairs({ seed, clauses });
  return Array.from({ length: count }, () => pairs.next().value as readonly [LabelledSentence, LabelledSentence]);
}

const HUNTERS = /fox|wolf|lynx|weasel|hawk|owl|eagle|falcon|snake|pike|crocodile|lizard/;
const GRAZERS = /hen|rabbit|mouse|duck|sheep|goat|lamb|donkey|deer|hare|squirrel|pony/;
const ANIMALS = new RegExp(`\\b(${HUNTERS.source}|${GRAZERS.source})\\b`);

const bag = (text: string) => text.split(' ').sort().join(' ');

describe('mirroredPairs', () => {
  it('has the same words and opposite labels in the sentences of a pair', () => {
    for (const [a, b] of [...take(1, 5_000), ...take(1, 5_000, 'plain')]) {
      expect(bag(a.text)).toBe(bag(b.text));
      expect(a.label + b.label).toBe(1);
    }
  });

  it('never repeats a sentence', () => {
    const texts = take(2, 20_000).flatMap((pair) => pair.map(({ text }) => text));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it.each([
    { clauses: 'plain', least: 0.65, most: 0.8 },
    { clauses: 'all', least: 0.4, most: 0.6 },
  ] as const)(
    'is not decided by whether the first animal is a hunter, with $clauses clauses',
    ({ clauses, least, most }) => {
      const sentences = take(3, 5_000, clauses).flat();
      const hits = sentences.filter(
        ({ text, label }) => Number(HUNTERS.test(text.match(ANIMALS)?.[0] ?? '')) === label,
      );
      expect(hits.length / sentences.length).toBeGreaterThan(least);
      expect(hits.length / sentences.length).toBeLessThan(most);
    },
  );

  it('reads as English', () => {
    expect(AGENT_LABELS).toEqual(['grazer', 'hunter']);
    expect(take(42, 6).flat()).toMatchInlineSnapshot(`
      [
        {
          "label": 0,
          "text": "it was the brown hen that warned the brown eagle in the orchard because the weasel waited .",
        },
        {
          "label": 1,
          "text": "it was the brown eagle that warned the brown hen in the orchard because the weasel waited .",
        },
        {
          "label": 0,
          "text": "the small crocodile that was found by the duck slept on the cliff .",
        },
        {
          "label": 1,
          "text": "the small duck that was found by the crocodile slept on the cliff .",
        },
        {
          "label": 1,
          "text": "the sheep that was warned by the pike slept near the barn .",
        },
        {
          "label": 0,
          "text": "the pike that was warned by the sheep slept near the barn .",
        },
        {
          "label": 0,
          "text": "it was the donkey that helped the gentle owl in the swamp because the owl slept .",
        },
        {
          "label": 1,
          "text": "it was the owl that helped the gentle donkey in the swamp because the owl slept .",
        },
        {
          "label": 0,
          "text": "in the morning the owl that the pony followed arrived in the forest .",
        },
        {
          "label": 1,
          "text": "in the morning the pony that the owl followed arrived in the forest .",
        },
        {
          "label": 1,
          "text": "the snake that saw the hungry sheep waited in the forest because the fox waited .",
        },
        {
          "label": 0,
          "text": "the sheep that saw the hungry snake waited in the forest because the fox waited .",
        },
      ]
    `);
  });
});

describe('syntheticDocument', () => {
  it('depends on seed and index alone', () => {
    expect(syntheticDocument({ seed: 1, index: 7, sentences: 5 })).toEqual(
      syntheticDocument({ seed: 1, index: 7, sentences: 5 }),
    );
    expect(syntheticDocument({ seed: 1, index: 7, sentences: 5 })).not.toEqual(
      syntheticDocument({ seed: 1, index: 8, sentences: 5 }),
    );
    expect(syntheticDocument({ seed: 1, index: 7, sentences: 5 })).not.toEqual(
      syntheticDocument({ seed: 2, index: 7, sentences: 5 }),
    );
  });

  it('keeps verbs and their subjects in agreement', () => {
    for (let index = 0; index < 2_000; index++) {
      for (const sentence of syntheticDocument({ seed: 3, index, sentences: 8 })) {
        expect(sentence).not.toMatch(/\b(they|two \w+|some \w+) (is|was|hunts|fears|sleeps|waits)\b/);
        expect(sentence).not.toMatch(/\b(he|she|it) (are|were|hunt|fear|sleep|wait)\b/);
        expect(sentence).not.toMatch(/undefined|  |<|>/);
      }
    }
  });

  it('has hunters hunt grazers and never the other way round', () => {
    const sentences = Array.from({ length: 3_000 }, (_, index) =>
      syntheticDocument({ seed: 4, index, sentences: 8 }),
    ).flat();
    const hunts = (subject: RegExp) =>
      sentences.filter((sentence) => new RegExp(`(${subject.source}) (hunted|caught|stalked|bit) the`).test(sentence));
    expect(hunts(HUNTERS).length).toBeGreaterThan(100);
    expect(hunts(GRAZERS)).toEqual([]);
  });

  it('reads as English', () => {
    expect([0, 1].map((index) => syntheticDocument({ seed: 42, index, sentences: 6 }))).toMatchInlineSnapshot(`
      [
        [
          "two old millers buy two fresh leaves near the market .",
          "the millers are seen by the wolf on the cliff .",
          "the wolf is sly and hungry .",
          "it circles in winter .",
          "the old millers believe that the wolf growls quietly .",
          "it runs every day .",
        ],
        [
          "it was the duck that the eagle caught .",
          "the brown duck grazed in the orchard .",
          "the duck slept in the morning .",
          "the duck slept on the hill .",
          "it arrived gladly .",
          "the duck was seen by the eagle .",
        ],
      ]
    `);
  });
});
