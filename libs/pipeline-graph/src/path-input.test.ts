import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestBytes } from '@retort/digest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFileDigests } from './digest-memo.ts';
import { findPathInput } from './path-input.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'path-input-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('knows the vocabulary of a folder, or of the file itself', async () => {
  writeFileSync(join(folder, 'vocab.txt'), 'one');
  writeFileSync(join(folder, 'tokenizer_config.json'), '{}');
  const digests = await openFileDigests();
  const vocabulary = digestBytes('one');
  expect(await findPathInput(folder, 'folder', digests)).toMatchObject({ vocabulary });
  expect(await findPathInput(join(folder, 'vocab.txt'), 'files', digests)).toMatchObject({ vocabulary });
});

it('lists the files of a glob by absolute path, sorted', async () => {
  for (const name of ['b.txt', 'a.txt', 'c.csv']) writeFileSync(join(folder, name), name);
  const found = await findPathInput(join(folder, '*.txt'), 'files', await openFileDigests());
  expect(found).toMatchObject({ source: { files: [join(folder, 'a.txt'), join(folder, 'b.txt')] } });
});
