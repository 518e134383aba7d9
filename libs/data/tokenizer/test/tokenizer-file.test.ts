import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '@retort/tokenizer';
import { inspectTokenizer } from '@retort/tokenizer/vocabulary';
import { describe, expect, it } from 'vitest';
import { characterMapProblem } from '../src/character-map.ts';
import { temporaryFolder } from './temporary.ts';

// Tokenizers that are what their tokenizer.json says, and files that would take the library down or never end.

const FIXTURES = join(import.meta.dirname, '../../../stages/import-model/test/fixtures/families');
type Json = Record<string, unknown>;
const BPE = JSON.parse(readFileSync(join(FIXTURES, 'roberta/tokenizer.json'), 'utf8')) as Json;
const UNIGRAM = JSON.parse(readFileSync(join(FIXTURES, 'xlm-roberta/tokenizer.json'), 'utf8')) as Json;

const folderOf = (json: object, more: Readonly<Record<string, string>> = {}) =>
  temporaryFolder({ 'tokenizer.json': JSON.stringify(json), ...more });

async function problems(json: object, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const found = await inspectTokenizer(await folderOf(json, more));
  return 'vocabulary' in found ? '' : found.map(({ message }) => message).join('\n');
}

/** A double array of SentencePiece: `a` becomes `b`. Each unit is a label, an offset, and whether it ends a key. */
function characterMap({ leaf = 0, offset = 1 }: { leaf?: number; offset?: number } = {}): string {
  const units = new Uint32Array(512);
  units[0] = offset << 10;
  const at = offset ^ 0x61;
  // Its leaf is at 256.
  if (at < units.length) units[at] = (0x61 | 0x100 | ((at ^ 256) << 10)) >>> 0;
  units[256] = (0x8000_0000 | leaf) >>> 0;
  const bytes = Buffer.alloc(4 + 4 * units.length);
  bytes.writeUInt32LE(4 * units.length, 0);
  units.forEach((unit, i) => bytes.writeUInt32LE(unit, 4 + 4 * i));
  return Buffer.concat([bytes, Buffer.from('b\0')]).toString('base64');
}

const precompiled = (map: unknown) => ({ ...UNIGRAM, normalizer: { type: 'Precompiled', precompiled_charsmap: map } });

describe('a character map', () => {
  it('is applied', async () => {
    const folder = await folderOf(precompiled(characterMap()));
    const [mapped, plain] = [await loadTokenizer(folder), await loadTokenizer(await folderOf(UNIGRAM))];
    expect(await mapped.encodeWords(['bad'])).toEqual(await plain.encodeWords(['bbd']));
    expect(mapped.digest).not.toBe(plain.digest);
  });

  it.each<[string, unknown]>([
    ['is not base64', 'a map'],
    ['is not base64', 7],
    ['is truncated', ''],
    ['is truncated', Buffer.from([8, 0, 0, 0, 1]).toString('base64')],
    ['points outside itself', characterMap({ offset: 600 })],
    ['points outside itself', characterMap({ leaf: 7 })],
    ['that are not UTF-8', Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 255]).toString('base64')],
  ])('that would end the process is refused: %s', async (what, map) => {
    expect(await problems(precompiled(map))).toContain(what);
  });

  it('that passes never ends the process, whichever bit is wrong', async () => {
    const whole = Buffer.from(characterMap(), 'base64');
    let applied = 0;
    for (let bit = 0; bit < 8 * whole.length; bit += 97) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const map = bytes.toString('base64');
      if (characterMapProblem(map) !== undefined) continue;
      const tokenizer = await loadTokenizer(await folderOf(precompiled(map)));
      expect(await tokenizer.encodeWords(['aab é 中 😀'])).toHaveLength(1);
      applied += 1;
    }
    expect(applied).toBeGreaterThan(20);
  });
});

const steps = (...normalizers: object[]) => ({ ...UNIGRAM, normalizer: { type: 'Sequence', normalizers } });
const growing = { type: 'Replace', pattern: { String: 'a' }, content: 'aaaa' };
const bpe = (change: object) => ({ ...BPE, model: { ...(BPE['model'] as Json), ...change } });
const unigram = (change: object) => ({ ...UNIGRAM, model: { ...(UNIGRAM['model'] as Json), ...change } });

it.each<[string, object, string]>([
  ['a pattern that may not end', { ...BPE, pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } }, 'forever'],
  ['a decoder with a pattern', { ...BPE, decoder: { type: 'Replace', pattern: { Regex: '(a+)+$' } } }, 'Regex'],
  ['text that grows with every step', steps(growing, growing, growing, growing, growing), 'insert 20 characters'],
  ['steps without end', steps(...Array.from({ length: 40 }, () => ({ type: 'NFC' }))), 'at most 32 steps'],
  ['a step that is none', steps(7 as never), 'Expected a step with a "type", got 7'],
  ['a step that is unknown', { ...BPE, pre_tokenizer: { type: 'Magic' } }, 'got "Magic"'],
  ['chance', bpe({ dropout: 0.1 }), 'the same text gets different tokens'],
  ['a model that is unknown', bpe({ type: 'Magic' }), 'Expected one of WordPiece, BPE, Unigram, WordLevel'],
  ['ids with a gap', bpe({ vocab: { a: 0, b: 2 } }), 'consecutive ids from 0'],
  ['an unknown token that is no piece', unigram({ unk_id: 1e6 }), 'Expected the id of a piece, got 1000000'],
  ['scores that are no numbers', unigram({ vocab: [['<s>', null]] }), '[piece, score]'],
  ['an endless token', unigram({ vocab: [['a'.repeat(2000), 0]], unk_id: 0 }), 'longer than 1000'],
  ['no template', { ...BPE, post_processor: null }, 'got nothing'],
  [
    'a template with other ids',
    { ...BPE, post_processor: { type: 'RobertaProcessing', sep: ['</s>', 9], cls: ['<s>', 0] } },
    'ids from the vocabulary',
  ],
  ['added tokens with a gap', { ...BPE, added_tokens: [{ id: 5000, content: '<x>' }] }, 'without a gap'],
])('%s are refused', async (_, json, message) => {
  expect(await problems(json)).toContain(message);
});

it.each<[string, Readonly<Record<string, string>>, string]>([
  ['another prefix', { 'tokenizer_config.json': '{"add_prefix_space": true}' }, 'Expected false as in tokenizer.json'],
  ['another class', { 'tokenizer_config.json': '{"tokenizer_class": "BertweetTokenizer"}' }, 'got "BertweetTokenizer"'],
  ['code of its own', { 'tokenizer_config.json': '{"auto_map": {"AutoTokenizer": ["a.B", null]}}' }, 'code of its own'],
  ['another separator', { 'special_tokens_map.json': '{"sep_token": "<pad>"}' }, 'Expected sep_token "<pad>"'],
])('files beside it that say otherwise are refused: %s', async (_, more, message) => {
  expect(await problems(BPE, more)).toContain(message);
});

it('files of the slow tokenizer beside it do no harm, and its truncation is not used', async () => {
  const folder = await folderOf(
    { ...BPE, truncation: { direction: 'Left', max_length: 2, strategy: 'LongestFirst', stride: 0 } },
    { 'vocab.json': '{}', 'merges.txt': '', 'tokenizer_config.json': '{"tokenizer_class": "RobertaTokenizerFast"}' },
  );
  const tokenizer = await loadTokenizer(folder);
  expect(tokenizer.digest).toBe((await loadTokenizer(await folderOf(BPE))).digest);
  expect((await tokenizer.encodeWords(['the film was good']))[0]?.length).toBeGreaterThan(2);
  expect((await inspectTokenizer(folder)) as object).toMatchObject({
    warnings: [expect.stringContaining('truncates long')],
  });
});

it('what the library alone finds wrong is an error, too', async () => {
  await expect(loadTokenizer(await folderOf(bpe({ merges: [['zz', 'yy']] })))).rejects.toThrow(
    'The tokenizer is damaged',
  );
});

it('a pair is cut to what is left beside four special tokens', async () => {
  const tokenizer = await loadTokenizer(await folderOf(BPE));
  const long = 'the film was good '.repeat(9);
  const { tokenIds, firstSegmentLengths } = await tokenizer.encodeBatch([[long, long]], { maxSequenceLength: 12 });
  expect(tokenIds).toHaveLength(12);
  expect([...tokenIds].filter((id) => id === tokenizer.sepId)).toHaveLength(3);
  expect([...firstSegmentLengths]).toEqual([12]);
});
