import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTokenizer, SPECIAL_TOKENS, saveTokenizer, type Vocabulary } from '@retort/tokenizer';
import { inspectTokenizer } from '@retort/tokenizer/vocabulary';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary.ts';

const VOCABULARY: Vocabulary = {
  tokens: [...SPECIAL_TOKENS, 'the', 'cat', '##s', 'Cat'],
  normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
  maxCharactersPerWord: 100,
};

async function savedFolder(vocabulary: Vocabulary = VOCABULARY): Promise<string> {
  const folder = await temporaryFolder();
  await saveTokenizer(vocabulary, folder);
  return folder;
}

async function idsOf(folder: string, text: string): Promise<number[]> {
  return [...(await (await loadTokenizer(folder)).encodeBatch([text], { maxSequenceLength: 16 })).tokenIds];
}

describe('a saved tokenizer', () => {
  it('loads with the same ids and the same identity', async () => {
    const folder = await savedFolder();
    expect(await idsOf(folder, 'The Cats')).toEqual([2, 5, 6, 7, 3]);
    const again = await savedFolder((await loadTokenizer(folder)).vocabulary);
    expect((await loadTokenizer(again)).digest).toBe((await loadTokenizer(folder)).digest);
  });

  it('keeps upper case when it was made so, from any of its files', async () => {
    const folder = await savedFolder({ ...VOCABULARY, normalizer: { ...VOCABULARY.normalizer, lowercase: false } });
    expect(await idsOf(folder, 'Cat')).toEqual([2, 8, 3]);
    expect(await idsOf(join(folder, 'tokenizer.json'), 'Cat')).toEqual([2, 8, 3]);
    const textOnly = await temporaryFolder({
      'vocab.txt': await readFile(join(folder, 'vocab.txt')),
      'tokenizer_config.json': await readFile(join(folder, 'tokenizer_config.json')),
    });
    expect(await idsOf(textOnly, 'Cat')).toEqual([2, 8, 3]);
  });

  it('has another identity when only the case rule differs', async () => {
    const cased = await savedFolder({ ...VOCABULARY, normalizer: { ...VOCABULARY.normalizer, lowercase: false } });
    expect((await loadTokenizer(cased)).digest).not.toBe((await loadTokenizer(await savedFolder())).digest);
  });
});

describe('a tokenizer.json', () => {
  it('does not truncate or pad, whatever it has switched on', async () => {
    const folder = await savedFolder();
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    json.truncation = { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 };
    json.padding = {
      strategy: { Fixed: 12 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 0,
      pad_type_id: 0,
      pad_token: '[PAD]',
    };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
    expect(await idsOf(folder, 'the cats the cat')).toEqual([2, 5, 6, 7, 5, 6, 3]);
  });
});

describe('the side on which rows are cut', () => {
  /** What a folder's `tokenizer_config.json`, and the truncation of its `tokenizer.json`, make a person look into. */
  async function warningsOf(config: object, truncation: object | null) {
    const folder = await savedFolder({ ...VOCABULARY, tokens: VOCABULARY.tokens.slice(0, -1) });
    for (const [name, more] of Object.entries({ 'tokenizer_config.json': config, 'tokenizer.json': { truncation } })) {
      const json = JSON.parse(await readFile(join(folder, name), 'utf8'));
      await writeFile(join(folder, name), JSON.stringify({ ...json, ...more }));
    }
    const found = await inspectTokenizer(folder);
    return 'warnings' in found ? found.warnings : found.map(({ code, location }) => `${code} ${location?.pointer}`);
  }
  const left = [expect.stringContaining('truncates long texts at the start')];

  it.each<[string, object, object | null, unknown[]]>([
    ['left by the settings', { truncation_side: 'left' }, null, left],
    ['left by the tokenizer', {}, { direction: 'Left', max_length: 16 }, left],
    ['left where the settings say nothing', { truncation_side: null }, { direction: 'Left' }, left],
    ['left by the settings, which count first', { truncation_side: 'left' }, { direction: 'Right' }, left],
    ['right by the settings, which count first', { truncation_side: 'right' }, { direction: 'Left' }, []],
    ['right by default', {}, { max_length: 16 }, []],
    ['not that on which they are filled up', { padding_side: 'left' }, null, []],
    ['none', { truncation_side: 'middle' }, null, ['TOKENIZER_UNSUPPORTED /truncation_side']],
    ['a number', { truncation_side: 1 }, null, ['TOKENIZER_UNSUPPORTED /truncation_side']],
    ['none of the tokenizer', {}, { direction: 'Both' }, ['TOKENIZER_UNSUPPORTED /truncation/direction']],
  ])('%s', async (_, config, truncation, expected) => {
    expect(await warningsOf(config, truncation)).toEqual(expected);
  });
});

describe('what cannot be loaded', () => {
  const text = VOCABULARY.tokens.join('\n');

  async function messageOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const folder = await temporaryFolder(files);
    const error: Error = await loadTokenizer(folder).then(
      () => expect.fail('it was loaded'),
      (thrown) => thrown,
    );
    return error.message.replaceAll(folder, '<folder>');
  }

  it('a folder without either file', async () => {
    expect(await messageOf({})).toMatchInlineSnapshot(`
      "TOKENIZER_MISSING   <folder>
        Neither "vocab.txt" nor "tokenizer.json" is in this folder. Give the folder of a tokenizer."
    `);
  });

  it('files that disagree', async () => {
    const json = await readFile(join(await savedFolder(), 'tokenizer.json'), 'utf8');
    expect(await messageOf({ 'vocab.txt': text.replace('cat', 'dog'), 'tokenizer.json': json })).toMatchInlineSnapshot(`
      "TOKENIZER_DISAGREES   <folder>/vocab.txt:7
        vocab.txt has 9 tokens, tokenizer.json 9; they first differ at id 6: "dog" and "cat". Remove the file that does not belong to the model."
    `);
    expect(
      await messageOf({ 'tokenizer.json': json, 'tokenizer_config.json': '{"do_lower_case": false}' }),
    ).toMatchInlineSnapshot(`
      "TOKENIZER_DISAGREES   <folder>/tokenizer_config.json
        lowercase is false in tokenizer_config.json, but true in tokenizer.json. Set both to what the model was trained with."
    `);
  });

  it('a vocabulary without the special tokens', async () => {
    expect(await messageOf({ 'vocab.txt': 'the\n[UNK]\ncat\n' })).toMatchInlineSnapshot(`
      "TOKENIZER_INCOMPLETE   <folder>/vocab.txt
        The vocabulary has 3 tokens, but lacks [PAD], [CLS], [SEP], [MASK]. A BERT vocabulary needs [PAD], [UNK], [CLS], [SEP], [MASK]."
    `);
  });

  it('repeated and empty lines, all of them', async () => {
    expect(await messageOf({ 'vocab.txt': `${text}\nthe\n\ncat\n` })).toMatchInlineSnapshot(`
      "TOKENIZER_VOCABULARY   <folder>/vocab.txt:10
        The token "the" is already on line 6.

      TOKENIZER_VOCABULARY   <folder>/vocab.txt:11
        Expected one token on each line, got an empty line.

      TOKENIZER_VOCABULARY   <folder>/vocab.txt:12
        The token "cat" is already on line 7."
    `);
  });

  it('another kind of tokenizer', async () => {
    const json = JSON.stringify({
      model: { type: 'BPE', vocab: { a: 0, b: 2 } },
      added_tokens: [{ id: 9, content: '<s>' }],
    });
    expect(await messageOf({ 'tokenizer.json': json })).toMatchInlineSnapshot(`
      "TOKENIZER_VOCABULARY   <folder>/tokenizer.json  /model/vocab
        Expected tokens with consecutive ids from 0."
    `);
  });

  it('bytes that are not UTF-8', async () => {
    expect(await messageOf({ 'vocab.txt': Uint8Array.of(0x41, 0xff, 0x0a) })).toMatchInlineSnapshot(`
      "TOKENIZER_UNREADABLE   <folder>/vocab.txt
        This file cannot be read: it is not UTF-8."
    `);
  });
});
