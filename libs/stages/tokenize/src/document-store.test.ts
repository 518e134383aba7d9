import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from '@retort/foundation/random';
import { expect, it, onTestFinished } from 'vitest';
import { DocumentStore } from './document-store.ts';

async function storeOf(documents: readonly (readonly (readonly number[])[])[]): Promise<DocumentStore> {
  const folder = mkdtempSync(join(tmpdir(), 'document-store-'));
  const store = await DocumentStore.open(join(folder, 'scratch'));
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  for (const document of documents) await store.add(document);
  return store;
}

const DOCUMENTS = [[[1, 2], [3]], [[4, 5, 6]], [[7], [8, 9], [10], [11]]];

it('gives every document back', async () => {
  const store = await storeOf(DOCUMENTS);
  expect(store.documentCount).toBe(3);
  expect([2, 0, 1].map((document) => store.read(document))).toEqual([DOCUMENTS[2], DOCUMENTS[0], DOCUMENTS[1]]);
});

it('takes whole sentences from elsewhere, each sentence of the other documents as likely to be in the chosen one', async () => {
  const store = await storeOf(DOCUMENTS);
  const random = new RandomStream(3);
  const draws = Array.from({ length: 3000 }, () => [...store.elsewhere(1, 2, random)]);
  const counts = new Map<string, number>();
  for (const draw of draws) counts.set(draw.join(), (counts.get(draw.join()) ?? 0) + 1);
  // Documents 0 and 2 have 2 and 4 sentences; within a document each is the first as often.
  const expected = { '1,2': 1 / 6, '3': 1 / 6, '7,8,9': 1 / 6, '8,9': 1 / 6, '10,11': 1 / 6, '11': 1 / 6 };
  expect([...counts.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [text, share] of Object.entries(expected))
    expect(Math.abs((counts.get(text) as number) / draws.length - share)).toBeLessThan(0.03);
});
