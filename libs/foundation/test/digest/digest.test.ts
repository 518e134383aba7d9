import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalJson,
  digestBytes,
  digestFile,
  digestJson,
  digestTree,
  fileIdentity,
} from '@retort/foundation/digest';
import { beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-digest-'));
  await mkdir(join(folder, 'a/inner'), { recursive: true });
  await writeFile(join(folder, 'a/one.txt'), '1');
  await writeFile(join(folder, 'a/inner/two.txt'), '2');
});

describe('digestTree', () => {
  it('sees names and bytes, not where a folder lies or when it was written', async () => {
    const before = await digestTree(join(folder, 'a'));
    await cp(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    await utimes(join(folder, 'b/one.txt'), 1, 1);
    expect(await digestTree(join(folder, 'b'))).toEqual(before);
    expect(before.entries.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['inner/two.txt', 1],
      ['one.txt', 1],
    ]);
  });

  it('differs when a byte or a name does', async () => {
    const { digest } = await digestTree(join(folder, 'a'));
    await writeFile(join(folder, 'a/one.txt'), '3');
    const changed = await digestTree(join(folder, 'a'));
    await writeFile(join(folder, 'a/one.txt'), '1');
    await rename(join(folder, 'a/one.txt'), join(folder, 'a/uno.txt'));
    const renamed = await digestTree(join(folder, 'a'));
    expect(new Set([digest, changed.digest, renamed.digest]).size).toBe(3);
  });

  it('keeps what is no separator in the name of a file', async () => {
    await writeFile(join(folder, 'a/\\b\\c\n.txt'), '1');
    expect((await digestTree(join(folder, 'a'))).entries.map(({ name }) => name)).toContain('\\b\\c\n.txt');
  });

  it('takes a single file by its bytes alone', async () => {
    await writeFile(join(folder, 'x'), '1');
    expect((await digestTree(join(folder, 'x'))).digest).toBe((await digestTree(join(folder, 'a/one.txt'))).digest);
  });
});

describe('digestFile', () => {
  it('copies the very bytes that it digests, over no other file', async () => {
    const [file, copyTo] = [join(folder, 'large'), join(folder, 'copy')];
    await writeFile(file, Buffer.alloc(3_000_000, 'abc'));
    expect(await digestFile(file, { copyTo })).toBe(await digestFile(copyTo));
    expect((await readFile(copyTo)).equals(await readFile(file))).toBe(true);
    await expect(digestFile(file, { copyTo })).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('waits for nobody: a pipe, a device and a folder are no files', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(digestFile(pipe)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(digestFile('/dev/zero')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(digestFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

describe('fileIdentity', () => {
  it('differs for a file that was written, replaced or linked to another, with the old times put back', async () => {
    const [file, other, link] = [join(folder, 'a/one.txt'), join(folder, 'a/inner/two.txt'), join(folder, 'link')];
    await symlink(file, link);
    const before = await fileIdentity(link);
    expect(await fileIdentity(file)).toBe(before);
    const { atime, mtime } = await stat(file);
    await writeFile(file, '3');
    await utimes(file, atime, mtime);
    const written = await fileIdentity(link);
    await cp(file, join(folder, 'copy'), { preserveTimestamps: true });
    await rename(join(folder, 'copy'), file);
    const replaced = await fileIdentity(link);
    await rm(link);
    await symlink(other, link);
    expect(new Set([before, written, replaced, await fileIdentity(link)]).size).toBe(4);
  });
});

describe('digestJson', () => {
  it('does not depend on the order of keys, and tells values and types apart', () => {
    expect(digestJson({ b: [1, 2], a: 'x' })).toBe(digestJson({ a: 'x', b: [1, 2] }));
    expect(digestJson({ a: 1 })).not.toBe(digestJson({ a: '1' }));
    expect(canonicalJson({ b: 1e30, a: [true, null] })).toBe('{"a":[true,null],"b":1e+30}');
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
  });

  it('is SHA-256', () => {
    expect(digestBytes('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
