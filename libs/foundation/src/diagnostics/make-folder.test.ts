import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { diskError } from './disk-error.ts';
import { makeFolder } from './make-folder.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retort-make-folder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

test('makes all folders of a path, and leaves what is there', async () => {
  const path = join(folder, 'a/b/c');
  await makeFolder(path);
  writeFileSync(join(path, 'kept'), '');
  symlinkSync(path, join(folder, 'link'));
  await Promise.all([makeFolder(path), makeFolder(join(folder, 'link')), makeFolder(join(folder, 'link/d'))]);
  expect(existsSync(join(path, 'kept')) && existsSync(join(path, 'd'))).toBe(true);
});

test('many at once make the same folders', async () => {
  const paths = Array.from({ length: 50 }, (_, index) => join(folder, 'x/y/z', String(index % 5)));
  await Promise.all(paths.map(makeFolder));
  expect(paths.every((path) => existsSync(path))).toBe(true);
});

test('a file, or a link that leads nowhere, in the way is an error of the system', async () => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
  await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder(join(folder, 'dangling'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(folder, 'dangling/below'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test.skipIf(!existsSync('/proc/self'))('where the system has no place for a folder it ends with an error', async () => {
  for (const path of ['/proc/retort', '/proc/retort/below/it']) {
    const error = await makeFolder(path).catch((each: unknown) => diskError(each, 'open a store'));
    expect(error).toMatchObject({ code: 'DISK_NO_FOLDER', message: expect.stringContaining('/proc/retort') });
  }
});
