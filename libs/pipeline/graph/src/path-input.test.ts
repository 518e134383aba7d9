import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestBytes } from '@retort/foundation/digest';
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
  expect(await findPathInput(folder, 'folder', { digests })).toMatchObject({ vocabulary });
  expect(await findPathInput(join(folder, 'vocab.txt'), 'files', { digests })).toMatchObject({ vocabulary });
});

it('lists the files of a glob by absolute path, sorted', async () => {
  for (const name of ['b.txt', 'a.txt', 'c.csv']) writeFileSync(join(folder, name), name);
  const found = await findPathInput(join(folder, '*.txt'), 'files', { digests: await openFileDigests() });
  expect(found).toMatchObject({ source: { files: [join(folder, 'a.txt'), join(folder, 'b.txt')] } });
});

it('refuses devices, and links to folders and to nothing, without reading them', async () => {
  const digests = await openFileDigests();
  const refused = (place: string) => ({ code: 'INPUT_NOT_PLAIN', message: expect.stringContaining(place) });
  mkdirSync(join(folder, 'model'));
  writeFileSync(join(folder, 'model/a.txt'), 'a');
  for (const target of ['/dev/zero', folder, join(folder, 'nothing')]) {
    const link = join(folder, 'model/strange');
    symlinkSync(target, link);
    expect(await findPathInput(join(folder, 'model'), 'folder', { digests }), target).toMatchObject(refused(link));
    rmSync(link);
  }
  symlinkSync('/dev/zero', join(folder, 'model/zero'));
  expect(await findPathInput(join(folder, 'model/*'), 'files', { digests })).toMatchObject(refused('zero'));
  for (const kind of ['file', 'folder', 'files'] as const)
    expect(await findPathInput('/dev/zero', kind, { digests })).toMatchObject(refused('/dev/zero'));
});

it('follows links to files, which model folders of a hub cache consist of', async () => {
  mkdirSync(join(folder, 'model'));
  writeFileSync(join(folder, 'blob'), 'one');
  symlinkSync('../blob', join(folder, 'model/vocab.txt'));
  const found = await findPathInput(join(folder, 'model'), 'folder', { digests: await openFileDigests() });
  expect(found).toMatchObject({ vocabulary: digestBytes('one') });
});
