import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTokenizer, SPECIAL_TOKENS, saveTokenizer, trainWordPiece } from '@retort/tokenizer';
import fc from 'fast-check';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';

const TEXTS = [
  'the quick brown fox jumps over the lazy dog',
  'a naïve café, 大河!',
  "dogs and foxes don't jump; they jumped twice",
];
const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));

beforeAll(async () => {
  const vocabulary = await trainWordPiece(TEXTS, { vocabularySize: 90, minimumFrequency: 1, lowercase: true });
  await saveTokenizer(vocabulary, folder);
});

/** HuggingFace's own way: special tokens and truncation by the library, one text at a time. */
async function reference(text: string, pair: string | undefined, maxSequenceLength: number) {
  const native = NativeTokenizer.fromFile(join(folder, 'tokenizer.json'));
  native.setTruncation(maxSequenceLength);
  const encoding = await native.encode(text, pair ?? null);
  return { ids: encoding.getIds(), firstSegmentLength: encoding.getTypeIds().filter((type) => type === 0).length };
}

const words = fc.stringMatching(/^( |the|quick|fox|dogs|大|é|'|,|\[MASK\]|jump){0,14}$/);
const anyText = fc.oneof(
  words,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(' ', '\u00a0', '\ufeff', '\u0301', '\u200d', '\t', 'a', 'É', '\u2028', '\u0000', '河'),
  }),
);

describe('encodeBatch', () => {
  it('agrees with the library on any text, pair and length', async () => {
    const tokenizer = await loadTokenizer(folder);
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.option(anyText, { nil: undefined }),
        fc.integer({ min: 3, max: 20 }),
        async (text, pair, maxSequenceLength) => {
          const encoded = await tokenizer.encodeBatch([pair === undefined ? text : [text, pair]], {
            maxSequenceLength,
          });
          const expected = await reference(text, pair, maxSequenceLength);
          expect([...encoded.tokenIds]).toEqual(expected.ids);
          expect(encoded.firstSegmentLengths[0]).toBe(expected.firstSegmentLength);
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });

  it('gives ragged rows and counts what it cut', async () => {
    const tokenizer = await loadTokenizer(folder);
    const { rowCount, offsets, firstSegmentLengths, truncatedCount, tokenIds } = await tokenizer.encodeBatch(
      ['the fox', ['the dog', 'the fox'], ''],
      { maxSequenceLength: 6 },
    );
    expect({ rowCount, truncatedCount }).toEqual({ rowCount: 3, truncatedCount: 1 });
    expect(offsets[3]).toBe(tokenIds.length);
    expect(Array.from(tokenIds.slice(offsets[2]))).toEqual([tokenizer.clsId, tokenizer.sepId]);
    expect(firstSegmentLengths[2]).toBe(2);
  });

  it('says when a row cannot hold its special tokens', async () => {
    const tokenizer = await loadTokenizer(folder);
    await expect(tokenizer.encodeBatch([['a', 'b']], { maxSequenceLength: 2 })).rejects.toThrow(RangeError);
  });

  it('is undone by decode, but for case and white space', async () => {
    const tokenizer = await loadTokenizer(folder);
    const { tokenIds } = await tokenizer.encodeBatch(['The quick  FOX'], { maxSequenceLength: 64 });
    expect(await tokenizer.decode([...tokenIds])).toBe('the quick fox');
  });
});

describe('trainWordPiece', () => {
  it('joins the most frequent pair first', async () => {
    const { tokens } = await trainWordPiece(['low low low lower lowest new newer newer'], {
      vocabularySize: 100,
      minimumFrequency: 2,
      lowercase: true,
    });
    expect(tokens.slice(0, 5)).toEqual(SPECIAL_TOKENS);
    expect(tokens.slice(5)).toMatchInlineSnapshot(`
      [
        "##e",
        "##o",
        "##r",
        "##s",
        "##t",
        "##w",
        "l",
        "n",
        "##ow",
        "low",
        "##er",
        "##ew",
        "new",
        "newer",
      ]
    `);
  });

  it('does not depend on the order of the texts', async () => {
    const options = { vocabularySize: 80, minimumFrequency: 1, lowercase: true };
    expect(await trainWordPiece(TEXTS, options)).toEqual(await trainWordPiece([...TEXTS].reverse(), options));
  });

  it('stops at the size, at the frequency, and when nothing is left', async () => {
    const sizeOf = async (vocabularySize: number, minimumFrequency: number) =>
      (await trainWordPiece(TEXTS, { vocabularySize, minimumFrequency, lowercase: true })).tokens.length;
    expect(await sizeOf(70, 1)).toBe(70);
    expect(await sizeOf(10_000, 3)).toBeLessThan(await sizeOf(10_000, 1));
    expect(await sizeOf(10_000, 1)).toBeLessThan(10_000);
  });

  it('covers its own text without [UNK], each token once', async () => {
    const vocabulary = await trainWordPiece(TEXTS, { vocabularySize: 10_000, minimumFrequency: 1, lowercase: true });
    expect(new Set(vocabulary.tokens).size).toBe(vocabulary.tokens.length);
    const tokenizer = await loadTokenizer(folder);
    for (const ids of await tokenizer.encodeWords(TEXTS)) expect(ids).not.toContain(tokenizer.unkId);
  });

  it('makes words with rare characters [UNK] when the alphabet is small', async () => {
    const { tokens } = await trainWordPiece(['aaa aaa aab'], {
      vocabularySize: 50,
      minimumFrequency: 1,
      lowercase: true,
      alphabetSize: 1,
    });
    expect(tokens.slice(5)).toEqual(['##a', 'a', '##aa', 'aaa']);
  });
});
