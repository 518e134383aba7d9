import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pointerIn, readLines, readWholeJson, readWholeText } from '@retort/texts/lines';
import { expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'retort-whole-'));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return path;
}

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 440473133\n`;
const LIMITS = { bytes: 1 << 16, depth: 3, values: 10 };

it('a pointer of Git LFS is reported, with the size of what is missing, by all that read files', async () => {
  const expected =
    'This is a Git LFS pointer, not the file of 420.1 MiB. Run "git lfs install" and "git lfs pull" in its folder, or download the file.';
  expect(await pointerIn(file(POINTER))).toEqual({ code: 'INPUT_GIT_LFS', message: expected });
  expect(await readWholeText(file(POINTER), 1 << 16)).toEqual({ problem: expected });
  expect(await readWholeJson(file(POINTER), LIMITS)).toEqual({ problem: expected });
  const lines = readLines(file(POINTER), { label: 'a', maxBytesPerLine: 100 });
  await expect(lines.next()).rejects.toMatchObject({ code: 'INPUT_GIT_LFS' });
  expect((await pointerIn(file(POINTER.replace('git-lfs', 'hawser'))))?.message).toContain('pointer');
  expect((await pointerIn(file(POINTER.slice(0, 60))))?.message).toContain('pointer, not the file.');
});

it.each([
  ['/annex/objects/SHA256E-s440473133--0123.safetensors\n', 'file of 420.1 MiB'],
  ['/annex/objects/WORM-m1289672605-s2048--a.csv\n', 'file of 2.00 KiB'],
  ['/annex/objects/URL--https&c%%example.org%a', 'file'],
  ['../../.git/annex/objects/Xx/9Z/SHA256E-s2048--0123.csv/SHA256E-s2048--0123.csv', 'file of 2.00 KiB'],
  ['..\\.git\\annex\\objects\\Xx\\9Z\\MD5-s2048--01\\MD5-s2048--01', 'file of 2.00 KiB'],
])('a pointer of git-annex is reported: %s', async (content, whole) => {
  const message = `This is a git-annex pointer, not the ${whole}. Run "git annex get" with its name in its folder, or download the file.`;
  expect(await pointerIn(file(content))).toEqual({ code: 'INPUT_GIT_ANNEX', message });
  expect(await readWholeText(file(content), 1 << 16)).toEqual({ problem: message });
  const lines = readLines(file(content), { label: 'a', maxBytesPerLine: 100 });
  await expect(lines.next()).rejects.toMatchObject({ code: 'INPUT_GIT_ANNEX' });
});

it('other files are no pointers', async () => {
  const others = [
    '',
    'version 2',
    `# ${POINTER}`,
    POINTER + 'x'.repeat(1024),
    'annex/objects/a',
    'a text.\n/annex/objects/a',
  ];
  for (const content of others) expect(await pointerIn(file(content))).toBeUndefined();
});

it.each<[string, string | Uint8Array, string]>([
  ['bytes that are not UTF-8', Uint8Array.of(0x41, 0xff), 'This file cannot be read: it is not UTF-8.'],
  [
    'UTF-16',
    Uint8Array.of(0xff, 0xfe, 0x7b, 0),
    'Expected UTF-8, got UTF-16 according to its byte order mark. Convert the file, for example with iconv -f utf-16 -t utf-8.',
  ],
  ['more bytes than allowed', ' '.repeat(1 + (1 << 16)), 'This file has 64.0 KiB, but at most 64.0 KiB are allowed.'],
  ['nesting', '[[[[', 'The JSON is nested deeper than 3 levels.'],
  ['more values than allowed', `[${'1,'.repeat(11)}1]`, 'The JSON contains more than 10 values.'],
  ['many empty lists', `[${'[],'.repeat(6)}[]]`, 'The JSON contains more than 10 values.'],
  ['a name that stands twice', '{"a": 1, "b": {"a": 1}, "a": 2}', 'The JSON names "a" twice.'],
])('%s are refused', async (_, content, problem) => {
  expect(await readWholeJson(file(content), LIMITS)).toEqual({ problem });
});

it('what is no JSON is refused with the reason', async () => {
  expect((await readWholeJson(file('{'), LIMITS)).problem).toMatch(/^It is not JSON: .+ at position 1.*\.$/);
});

it('a file as large as a disk is refused at once', async () => {
  const path = file('[');
  truncateSync(path, 2 ** 40);
  expect(await readWholeText(path, 1 << 16)).toEqual({
    problem: 'This file has 1.00 TiB, but at most 64.0 KiB are allowed.',
  });
});

it('what fits is read', async () => {
  expect(await readWholeJson(file('{"a": [1, {"b": "{[,"}]}'), LIMITS)).toEqual({ json: { a: [1, { b: '{[,' }] } });
  expect(await readWholeText(file('\ufeffä'), 100)).toEqual({ text: 'ä' });
});
