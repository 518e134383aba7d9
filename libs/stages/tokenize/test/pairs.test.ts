import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { tokenize } from '@retort/stage-tokenize';
import { run } from '@retort/stage-tokenize/run';
import { createTextWriter, readTokens, type TextRow, type Tokens } from '@retort/tables';
import { SPECIAL_TOKENS, saveTokenizer } from '@retort/tokenizer';
import { describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const CLS = 2;
const SEP = 3;
const MASK = 4;
/** Document d has the words d0, d1, …, so that every id says where it is from. */
const WORDS = 20;
const DOCUMENTS = 12;
const word = (document: number, i: number) => `${String.fromCharCode(97 + document)}${i}`;
const tokens = [
  ...SPECIAL_TOKENS,
  ...Array.from({ length: DOCUMENTS * WORDS }, (_, i) => word(Math.floor(i / WORDS), i % WORDS)),
];
const documentOf = (id: number) => Math.floor((id - SPECIAL_TOKENS.length) / WORDS);
const configOf = (settings: object) => withDefaults(tokenize.configSchema, settings) as Config;

function corpus(documents: number, split: (document: number) => TextRow['split'] = () => 'train'): TextRow[] {
  return Array.from({ length: documents * (WORDS / 4) }, (_, i) => {
    const document = Math.floor(i / (WORDS / 4));
    const first = 4 * (i % (WORDS / 4));
    const sentence = [0, 1, 2, 3].map((step) => word(document, first + step)).join(' ');
    return { document, sentence, split: split(document) };
  });
}

async function pairsOf(rows: readonly TextRow[], settings: object = {}, seed = 42) {
  const folder = await mkdtemp(join(tmpdir(), 'pairs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const normalizer = { lowercase: true, cleanText: true, handleChineseChars: true };
  await saveTokenizer({ tokens, normalizer, maxCharactersPerWord: 100 }, folder);
  const writer = await createTextWriter(join(folder, 'text.arrow'));
  for (let i = 0; i < rows.length; i += 7) await writer.append(rows.slice(i, i + 7));
  await writer.close();
  const context = await createTestContext({
    config: configOf({ packing: 'sentence-pairs', maxSequenceLength: 16, ...settings }),
    inputs: { tokenizer: { type: 'tokenizer', path: folder }, text: { type: 'text', path: folder } },
    outputs: { train: 'tokens', validation: 'tokens' },
    seed,
  });
  onTestFinished(() => context.remove());
  await run(context);
  const path = (split: 'train' | 'validation') => context.outputs[split].path;
  return {
    train: await readTokens(join(path('train'), 'tokens.arrow')),
    validation: await readTokens(join(path('validation'), 'tokens.arrow')),
    files: readdirSync(path('train')).sort(),
    digest: (await digestTree(path('train'))).digest,
  };
}

function rowsOf({ rowCount, tokenIds, offsets, firstSegmentLengths }: Tokens) {
  return Array.from({ length: rowCount }, (_, row) => {
    const ids = [...tokenIds.subarray(offsets[row], offsets[row + 1])];
    const first = firstSegmentLengths[row] as number;
    return {
      ids,
      first: ids.slice(1, first - 1),
      second: ids.slice(first, -1),
      separators: [ids[0], ids[first - 1], ids.at(-1)],
    };
  });
}

const uncorrupted = { pairs: { corruption: 'none' } };

describe('sentence pairs', () => {
  it('are two segments that fit, each from one document, half of them from two', async () => {
    const { train, files } = await pairsOf(corpus(DOCUMENTS), { pairs: { corruption: 'none', copies: 20 } });
    const rows = rowsOf(train);
    for (const { ids, first, second, separators } of rows) {
      expect(ids.length).toBeLessThanOrEqual(16);
      expect(separators).toEqual([CLS, SEP, SEP]);
      expect(new Set(first.map(documentOf)).size).toBe(1);
      expect(new Set(second.map(documentOf)).size).toBe(1);
    }
    const apart = rows.filter(
      ({ first, second }) => documentOf(first[0] as number) !== documentOf(second[0] as number),
    );
    expect(apart.length / rows.length).toBeGreaterThan(0.4);
    expect(apart.length / rows.length).toBeLessThan(0.75);
    expect(files).not.toContain('documents.scratch');
  });

  it('have one token corrupted, as the published code has it', async () => {
    const { train } = await pairsOf(corpus(DOCUMENTS), { pairs: { copies: 30 } });
    const rows = rowsOf(train);
    const masked = rows.filter(({ ids }) => ids.includes(MASK)).length / rows.length;
    expect(masked).toBeGreaterThan(0.75);
    expect(masked).toBeLessThan(0.85);
    for (const { ids } of rows) expect(ids.filter((id) => id === MASK).length).toBeLessThanOrEqual(1);
  });

  it('come in copies that differ, validation in one, each split from its own documents', async () => {
    const rows = corpus(DOCUMENTS, (document) => (document < 3 ? 'validation' : 'train'));
    const { train, validation } = await pairsOf(rows, uncorrupted);
    const ids = (table: Tokens) =>
      new Set(rowsOf(table).flatMap(({ first, second }) => [...first, ...second].map(documentOf)));
    expect([...ids(validation)].every((document) => document < 3)).toBe(true);
    expect([...ids(train)].every((document) => document >= 3)).toBe(true);
    const texts = rowsOf(train).map(({ ids: row }) => row.join(' '));
    // Three copies of nine documents: had they been cut alike, two of three rows would be there already.
    expect(new Set(texts).size).toBeGreaterThan(0.7 * texts.length);
    const perDocument = train.rowCount / 9 / (validation.rowCount / 3);
    expect(perDocument).toBeGreaterThan(2);
    expect(perDocument).toBeLessThan(4.5);
  });

  it('are the same under the same seed only', async () => {
    const rows = corpus(4);
    const { digest } = await pairsOf(rows);
    expect((await pairsOf(rows)).digest).toBe(digest);
    expect((await pairsOf(rows, {}, 43)).digest).not.toBe(digest);
  });

  it('stop at the most rows that are asked for', async () => {
    expect((await pairsOf(corpus(DOCUMENTS), { maxRows: 10 })).train.rowCount).toBe(10);
  });

  it('need a second document', async () => {
    await expect(pairsOf(corpus(1))).rejects.toMatchObject({ code: 'TOKENIZE_ONE_DOCUMENT' });
  });
});

describe('the definition', () => {
  const view = (settings: object) => ({ config: configOf(settings), inputs: { text: {} }, engine: 'onnx' }) as never;

  it('refuses settings of pairs where none are made', () => {
    expect(tokenize.check?.(view({ pairs: { copies: 5 } }))?.map(({ code, path }) => [code, path.at(-1)])).toEqual([
      ['TOKENIZE_PAIRS_UNUSED', 'copies'],
    ]);
    expect(tokenize.check?.(view({ packing: 'sentence-pairs', pairs: { copies: 5 } }))).toEqual([]);
  });

  it('has the seed in the key only where pairs are drawn', () => {
    const usesSeed = tokenize.usesSeed as (config: unknown) => boolean;
    expect(usesSeed(configOf({}))).toBe(false);
    expect(usesSeed(configOf({ packing: 'sentence-pairs' }))).toBe(true);
  });
});
