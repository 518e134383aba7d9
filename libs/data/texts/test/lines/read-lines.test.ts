import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Line, readLines } from '@retort/texts/lines';
import { describe, expect, it, onTestFinished } from 'vitest';

async function linesOf(content: string | Uint8Array, maxBytesPerLine = 1000): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lines-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  await writeFile(path, content);
  const lines: Line[] = [];
  for await (const some of readLines(path, { label: 'file.txt', maxBytesPerLine })) lines.push(...some);
  return lines;
}

const texts = (lines: readonly Line[]) => lines.map(({ text }) => text);

describe('readLines', () => {
  it('takes off line breaks of both kinds and a byte order mark', async () => {
    expect(texts(await linesOf('\ufeffone\r\n\ntwo\nthrée'))).toEqual(['one', '', 'two', 'thrée']);
    expect(texts(await linesOf('one\n'))).toEqual(['one']);
    expect(await linesOf('')).toEqual([]);
  });

  it('unpacks gzip, whatever the file is called', async () => {
    expect(texts(await linesOf(gzipSync('one\ntwo\n')))).toEqual(['one', 'two']);
  });

  it('joins lines over chunks', async () => {
    const wanted = Array.from({ length: 200_000 }, (_, i) => `line ${i} é`);
    const lines = await linesOf(gzipSync(wanted.join('\n')));
    expect(lines.length).toBe(wanted.length);
    expect(lines.every(({ text, number }) => text === wanted[number - 1])).toBe(true);
  });

  it('says where a line is not UTF-8, and goes on', async () => {
    const lines = await linesOf(Buffer.concat([Buffer.from('é\nab'), Buffer.of(0xe9), Buffer.from('d\nlast\n')]));
    expect(texts(lines)).toEqual(['é', undefined, 'last']);
    expect(lines[1]?.problem).toMatchInlineSnapshot(`
      {
        "code": "DATA_ENCODING",
        "location": {
          "file": "file.txt",
          "line": 2,
        },
        "message": "Expected UTF-8, got the byte 0xe9 at offset 5 of the file. Convert the file, for example with iconv -f latin1 -t utf-8.",
      }
    `);
  });

  const utf16 = Buffer.from('\ufefftext,label\n', 'utf16le');
  it.each<[string, Buffer, string]>([
    ['UTF-16', utf16, 'iconv -f utf-16 -t utf-8'],
    ['UTF-16 of the other order', Buffer.from(utf16).swap16(), 'iconv -f utf-16 -t utf-8'],
    ['UTF-32', Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 'iconv -f utf-32 -t utf-8'],
    ['UTF-32 of the other order', Buffer.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x61), 'iconv -f utf-32 -t utf-8'],
    ['a workbook', Buffer.from('PK\x03\x04\x14\n\xe9\n', 'latin1'), 'Save the sheet as "CSV UTF-8"'],
  ])('refuses a file that says that it is %s at once, packed or not', async (_, content, advice) => {
    for (const bytes of [content, gzipSync(content)]) {
      const error = await linesOf(bytes).catch((each: unknown) => each);
      expect(error).toMatchObject({ code: 'DATA_ENCODING', diagnostics: [{ location: { file: 'file.txt' } }] });
      expect((error as Error).message).toContain(advice);
    }
  });

  it('does not keep a line that is too long, even one of many megabytes', async () => {
    const lines = await linesOf(`a\n${'x'.repeat(5 << 20)}\nb\n`, 1 << 20);
    expect(texts(lines)).toEqual(['a', undefined, 'b']);
    expect(lines[1]?.problem).toMatchInlineSnapshot(`
      {
        "code": "DATA_ROW_TOO_LONG",
        "location": {
          "file": "file.txt",
          "line": 2,
        },
        "message": "This line has 5242880 bytes, but at most 1048576 are read. Check for a missing line break.",
      }
    `);
  });

  it('refuses a gzip file that unpacks to far more than text does, and reads one that only repeats itself', async () => {
    const bomb = gzipSync(Buffer.alloc(40 << 20, 'x'));
    await expect(linesOf(bomb)).rejects.toThrow('unpacks to more than 100 times its size');
    expect(await linesOf(gzipSync('again and again\n'.repeat(10_000)))).toHaveLength(10_000);
  });

  it('refuses what cannot be read', async () => {
    await expect(linesOf(gzipSync('one two three four five'.repeat(9)).subarray(0, 24))).rejects.toThrow(
      'a truncated gzip file',
    );
    const nowhere = readLines('/nowhere/file', { label: 'file', maxBytesPerLine: 10 });
    await expect(nowhere.next()).rejects.toThrow('it does not exist');
    const folder = readLines(tmpdir(), { label: 'file', maxBytesPerLine: 10 });
    await expect(folder.next()).rejects.toThrow('it is a folder');
  });
});
