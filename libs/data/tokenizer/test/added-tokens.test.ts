import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTokenizer, loadTokenizer, SPECIAL_TOKENS, saveTokenizer, type Vocabulary } from '@retort/tokenizer';
import fc from 'fast-check';
import { Tokenizer as Native } from 'tokenizers';
import { expect, it } from 'vitest';
import { temporaryFolder } from './temporary.ts';

const PIECES = [...SPECIAL_TOKENS, 'bob', 'met', 'x', '##y', '[', ']', 'e', '##1', 'the', 'm', '中', '##s'];
const TEXT = PIECES.join('\n');
const [E1, E2] = [PIECES.length, PIECES.length + 1];
const LOWER = '{"do_lower_case": true}';
const ADDED = JSON.stringify({ '[E1]': E1, '[/E1]': E2 });

async function idsOf(folder: string, text: string): Promise<number[]> {
  return (await (await loadTokenizer(folder)).encodeWords([text]))[0] as number[];
}

function id(piece: string): number {
  return PIECES.indexOf(piece);
}

it('added_tokens.json is read: its tokens are found before words are split, as transformers does', async () => {
  const folder = await temporaryFolder({
    'vocab.txt': TEXT,
    'tokenizer_config.json': LOWER,
    'added_tokens.json': ADDED,
  });
  expect(await idsOf(folder, '[E1] Bob [/E1] met [E3]')).toEqual([
    E1,
    id('bob'),
    E2,
    id('met'),
    id('['),
    id('[UNK]'),
    id(']'),
  ]);
  // Normalized on both sides, and found inside of a word, as long as nothing says otherwise.
  expect(await idsOf(folder, 'x[e1]x')).toEqual([id('x'), E1, id('x')]);
  expect((await loadTokenizer(folder)).vocabularySize).toBe(E2 + 1);
});

it('a special one is found as it is written alone', async () => {
  const folder = await temporaryFolder({
    'vocab.txt': TEXT,
    'tokenizer_config.json': '{"do_lower_case": true, "additional_special_tokens": ["[E1]"]}',
    'added_tokens.json': ADDED,
  });
  expect(await idsOf(folder, '[E1] [e1] [/e1]')).toEqual([E1, id('['), id('e'), id('##1'), id(']'), E2]);
});

it('added_tokens_decoder says how each is found', async () => {
  const decoder = { [E1]: { content: '[E1]', single_word: true, normalized: false, special: true, lstrip: true } };
  const folder = await temporaryFolder({
    'vocab.txt': TEXT,
    'tokenizer_config.json': JSON.stringify({ do_lower_case: true, added_tokens_decoder: decoder }),
  });
  expect(await idsOf(folder, '[E1] x[E1]x')).toEqual([E1, id('x'), id('['), id('e'), id('##1'), id(']'), id('x')]);
});

it('a piece that is added as well is found inside of words, and what follows begins a new word', async () => {
  const folder = await temporaryFolder({ 'vocab.txt': TEXT, 'added_tokens.json': JSON.stringify({ the: id('the') }) });
  expect(await idsOf(folder, 'the them')).toEqual([id('the'), id('the'), id('m')]);
  const named = await temporaryFolder({ 'vocab.txt': TEXT, 'special_tokens_map.json': '{"bos_token": "the"}' });
  expect(await idsOf(named, 'the THEM')).toEqual([id('the'), id('[UNK]')]);
});

it('a word that was added is no piece of other words', async () => {
  const folder = await temporaryFolder({ 'vocab.txt': TEXT, 'added_tokens.json': JSON.stringify({ covid: E1 }) });
  expect(await idsOf(folder, 'covid xs')).toEqual([E1, id('x'), id('##s')]);
  const vocabulary = (await loadTokenizer(folder)).vocabulary;
  expect(vocabulary).toHaveProperty('pieceCount', PIECES.length);
});

const FOLDERS: Record<string, string>[] = [
  { 'vocab.txt': TEXT, 'added_tokens.json': ADDED },
  {
    'vocab.txt': TEXT,
    'added_tokens.json': ADDED,
    'special_tokens_map.json': '{"additional_special_tokens": ["[E1]"]}',
  },
  { 'vocab.txt': TEXT, 'special_tokens_map.json': '{"eos_token": "the"}' },
  {
    'vocab.txt': TEXT,
    'tokenizer_config.json': JSON.stringify({
      added_tokens_decoder: { [id('[MASK]')]: { content: '[MASK]', normalized: true, special: true } },
    }),
  },
];

it.each(FOLDERS)('what was read is saved as it was, %#', async (files) => {
  const tokenizer = await loadTokenizer(await temporaryFolder(files));
  const folder = await temporaryFolder();
  await saveTokenizer(tokenizer.vocabulary, folder);
  const again = await loadTokenizer(folder);
  expect(again.vocabulary).toEqual(tokenizer.vocabulary);
  expect(again.digest).toBe(tokenizer.digest);
  expect(await readFile(join(folder, 'vocab.txt'), 'utf8')).toBe(`${TEXT}\n`);
  // Each file alone, as transformers may read it.
  expect((await loadTokenizer(join(folder, 'tokenizer.json'))).digest).toBe(tokenizer.digest);
  const slow: Record<string, string> = {};
  for (const name of await readdir(folder))
    if (name !== 'tokenizer.json') slow[name] = await readFile(join(folder, name), 'utf8');
  expect((await loadTokenizer(await temporaryFolder(slow))).digest).toBe(tokenizer.digest);
});

it('has another identity than the same vocabulary without what was added', async () => {
  const digests = await Promise.all(
    [{ 'vocab.txt': TEXT }, ...FOLDERS].map(
      async (files) => (await loadTokenizer(await temporaryFolder(files))).digest,
    ),
  );
  expect(new Set(digests).size).toBe(digests.length);
});

it('any text gets the ids that the library gives the whole of it, whatever is added', async () => {
  const piece = fc.constantFrom(
    '[E1]',
    '[e1]',
    'the',
    'Bob',
    'x',
    'y',
    '中',
    '[MASK]',
    '[mask]',
    'é',
    ' ',
    '\t',
    '\u00a0',
    '-',
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const flags = fc.record({ singleWord: fc.boolean(), normalized: fc.boolean(), special: fc.boolean() });
  const content = fc.constantFrom('[E1]', 'the', '中', 'bob', '[MASK]', 'm');
  const property = fc.asyncProperty(text, content, flags, fc.boolean(), async (given, added, how, lowercase) => {
    const isPiece = PIECES.includes(added);
    const vocabulary: Vocabulary = {
      tokens: isPiece ? PIECES : [...PIECES, added],
      normalizer: { lowercase, cleanText: true, handleChineseChars: true },
      maxCharactersPerWord: 100,
      added: [{ content: added, ...how }],
      ...(!isPiece && { pieceCount: PIECES.length }),
    };
    const folder = await temporaryFolder();
    await saveTokenizer(vocabulary, folder);
    const native = Native.fromFile(join(folder, 'tokenizer.json'));
    const [ids] = await createTokenizer(vocabulary, 'test').encodeWords([given]);
    expect(ids).toEqual((await native.encode(given, null, { addSpecialTokens: false })).getIds());
  });
  await fc.assert(property, { numRuns: 100 });
});
