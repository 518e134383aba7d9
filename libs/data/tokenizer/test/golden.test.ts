import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTokenizer } from '@retort/tokenizer';
import { describe, expect, it } from 'vitest';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly text_pair?: string;
  readonly ids: number[];
}

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const GOLDEN = `${DATA}golden/tokenization.json`;
const VOCABULARY = `${DATA}bert-base-uncased`;
const isThere = existsSync(GOLDEN) && existsSync(VOCABULARY);

const cases: Case[] = isThere ? JSON.parse(readFileSync(GOLDEN, 'utf8'))['bert:Xenova/bert-base-uncased'] : [];

describe.skipIf(!isThere)(
  'bert-base-uncased (needs ../shared/data/golden and ../shared/data/bert-base-uncased)',
  () => {
    it('has published cases', () => {
      expect(cases.length).toBe(30);
    });

    it.each(['', '/vocab.txt', '/tokenizer.json'])(
      'gives the published ids of every case, loaded from the folder%s',
      async (file) => {
        const tokenizer = await loadTokenizer(VOCABULARY + file);
        for (const { name, text, text_pair, ids } of cases) {
          const input = text_pair === undefined ? text : ([text, text_pair] as const);
          const { tokenIds } = await tokenizer.encodeBatch([input], { maxSequenceLength: 512 });
          expect([...tokenIds], name).toEqual(ids);
        }
      },
    );

    it('has one identity, whichever file it was loaded from', async () => {
      const tokenizers = await Promise.all(
        ['', '/vocab.txt', '/tokenizer.json'].map((file) => loadTokenizer(VOCABULARY + file)),
      );
      expect(new Set(tokenizers.map(({ digest }) => digest)).size).toBe(1);
      expect(tokenizers[0]).toMatchObject({
        vocabularySize: 30_522,
        padId: 0,
        unkId: 100,
        clsId: 101,
        sepId: 102,
        maskId: 103,
      });
    });
  },
);
