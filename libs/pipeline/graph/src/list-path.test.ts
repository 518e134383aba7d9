import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listing, type ListOptions, listPath } from './list-path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'list-path-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
}

async function list(path: string, options?: ListOptions): Promise<readonly string[] | string> {
  const found = await listPath(join(folder, path), 'files', options).catch((error: NodeJS.ErrnoException) => error);
  return 'names' in found ? found.names : (found.code ?? found.message);
}

describe('a folder and a glob over it', () => {
  const HIDDEN = [
    '.DS_Store',
    '._a.txt',
    '.ipynb_checkpoints/a.txt',
    '.git/HEAD',
    '.cache/huggingface/a.txt.metadata',
    'Thumbs.db',
    'desktop.ini',
    '__MACOSX/a.txt',
    'a.txt~',
    '~$a.txt',
    '#a.txt#',
    'lost+found/a.txt',
    '@eaDir/a.txt',
    '.a.txt.swp',
    'deep/.hidden.txt',
    'deep/.hidden/b.txt',
  ];

  it('leave out what systems and editors put beside the files', async () => {
    write('a.txt', 'deep/b.txt', ...HIDDEN);
    for (const path of ['', '**', '{*,*/*}']) expect(await list(path), path).toEqual(['a.txt', 'deep/b.txt']);
    expect(await list('**/*.txt')).toEqual(['a.txt', 'deep/b.txt']);
  });

  it('take what is hidden when its name is given', async () => {
    write('a.txt', ...HIDDEN);
    expect(await list('.DS_Store')).toEqual(['']);
    expect(await list('a.txt~')).toEqual(['']);
    expect(await list('.ipynb_checkpoints')).toEqual(['a.txt']);
    expect(await list('.ipynb_checkpoints/*.txt')).toEqual(['a.txt']);
    expect(await list('**/.hidden/*.txt')).toEqual(['deep/.hidden/b.txt']);
    expect(await list('.*')).toEqual(['.DS_Store', '._a.txt', '.a.txt.swp']);
  });

  it('of nothing else is empty', async () => {
    write('.DS_Store');
    expect([await list(''), await list('*')]).toEqual(['INPUT_EMPTY', 'INPUT_EMPTY']);
  });

  it('list the same, whatever the names are', async () => {
    const part = fc
      .stringMatching(/^[.ab~(){}[\]*?!+@|\\^$#\n ,-]{1,4}$/)
      .filter((name) => !/^(\.\.?|\*\*)$/.test(name));
    const names = fc.uniqueArray(
      fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(names, async (files) => {
        const root = mkdtempSync(join(folder, 'tree-'));
        // What is a folder for one name may be a file for another.
        for (const name of files)
          try {
            mkdirSync(dirname(join(root, name)), { recursive: true });
            writeFileSync(join(root, name), '');
          } catch {}
        const ofFolder = await listPath(root, 'files');
        const ofGlob = await listPath(join(root, '**'), 'files');
        return JSON.stringify((ofFolder as Listing).names) === JSON.stringify((ofGlob as Listing).names);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a folder above a pattern', () => {
  it('is literal, whatever its name is, and never part of what the files are called', async () => {
    const name = fc.stringMatching(/^[ab(){}[\]*?!+@|\\^$#.\n ,~-]{1,6}$/).filter((text) => !/^\.\.?$/.test(text));
    await fc.assert(
      fc.asyncProperty(name, name, async (above, inner) => {
        const root = mkdtempSync(join(folder, 'named-'));
        const place = join(root, above, inner);
        mkdirSync(join(place, 'deep'), { recursive: true });
        for (const file of ['b.txt', 'deep/a.txt', 'c.csv']) writeFileSync(join(place, file), '');
        expect(await listPath(`${place}/*.txt`, 'files')).toEqual({ root: place, names: ['b.txt'] });
        expect(await listPath(`${place}/**/*.txt`, 'files')).toMatchObject({ names: ['b.txt', 'deep/a.txt'] });
        expect(await listPath(`${place}/d*p/*.txt`, 'files')).toEqual({ root: place, names: ['deep/a.txt'] });
      }),
      { numRuns: 60 },
    );
  });

  it('may be written with its characters escaped', async () => {
    write('[v1]/a.txt', 'v/a.txt');
    expect(await listPath(join(folder, '\\[v1\\]/*.txt'), 'files')).toEqual({
      root: join(folder, '[v1]'),
      names: ['a.txt'],
    });
  });

  it.each([
    ['*/a.txt', ['one/a.txt', 'two/a.txt']],
    ['{one,two}/*.txt', ['one/a.txt', 'two/a.txt', 'two/b.txt']],
    ['{one,two/deep}/*.txt', ['one/a.txt', 'two/deep/c.txt']],
    ['@(one|two)/[!b].txt', ['one/a.txt', 'two/a.txt']],
    ['t?o/**/*.txt', ['two/a.txt', 'two/b.txt', 'two/deep/c.txt']],
    ['!(one)/a.txt', ['two/a.txt']],
  ])('stands before a pattern such as %s', async (pattern, names) => {
    write('one/a.txt', 'two/a.txt', 'two/b.txt', 'two/deep/c.txt');
    expect(await list(pattern)).toEqual(names);
  });
});

it('reads a pattern that is longer than any name', async () => {
  write('a.txt', 'b.txt');
  const many = Array.from({ length: 1000 }, (_, at) => `name${at}`).join(',');
  expect(await list(`{${many},a}.txt`)).toEqual(['a.txt']);
});

it.each(['*a'.repeat(30), '(*)'.repeat(12), '**/'.repeat(30), '+(a|aa)'.repeat(9), '+(+(+(a)))'])(
  'ends soon for a pattern that names could be compared with for ever: %s',
  async (pattern) => {
    write(`${'a'.repeat(50)}.txt`, `${'a/'.repeat(50)}.txt`);
    const found = await Promise.race([list(`${pattern}b`), sleep(10_000)]);
    expect(found).toMatch(/^INPUT_EMPTY$|^its pattern takes too long to compare with the name "a+/);
  },
  20_000,
);

it('explains a separator of Windows', async () => {
  write('corpus/a.txt');
  expect(await listPath(join(folder, 'corpus\\*.txt*'), 'files')).toMatchObject({
    message: `No file matches ${folder}/corpus\\*.txt*. Between folders write "/"; a "\\" belongs to the name.`,
  });
});

describe('what is no plain file', () => {
  it('is refused where it would be read, and nothing else is', async () => {
    write('data/a.txt');
    execFileSync('mkfifo', [join(folder, 'data/pipe.txt')]);
    for (const path of ['data', 'data/*.txt', 'data/**', 'data/pipe.txt'])
      expect(await list(path), path).toBe('INPUT_NOT_PLAIN');
    expect(await list('data/a*')).toEqual(['a.txt']);
  });

  it('may be a link to nothing, to itself, or in a circle', async () => {
    write('data/a.txt');
    for (const [name, target] of [
      ['nothing', 'absent'],
      ['itself', 'itself'],
      ['circle', '.'],
    ] as const) {
      const link = join(folder, 'data', name);
      symlinkSync(target, link);
      for (const path of ['data', 'data/**', 'data/**/*.txt'].slice(0, name === 'circle' ? 3 : 2))
        expect(await list(path), `${name} ${path}`).toBe('INPUT_NOT_PLAIN');
      expect(await list('data/*.txt'), name).toEqual(['a.txt']);
      rmSync(link);
    }
    symlinkSync('absent', join(folder, 'dangling'));
    expect(await list('dangling')).toBe('INPUT_NOT_PLAIN');
  });

  it('may be what git-annex has not fetched', async () => {
    write('data/a.txt');
    symlinkSync('../.git/annex/objects/Xx/9Z/SHA256E-s3--01.txt/SHA256E-s3--01.txt', join(folder, 'data/b.txt'));
    for (const path of ['data', 'data/*.txt', 'data/b.txt']) expect(await list(path), path).toBe('INPUT_GIT_ANNEX');
  });

  it('may be a link to a folder, where the pattern has a part for it', async () => {
    write('disk/a.txt', 'corpora/own/a.txt');
    symlinkSync('../disk', join(folder, 'corpora/linked'));
    expect(await list('corpora/*/a.txt')).toEqual(['linked/a.txt', 'own/a.txt']);
    expect(await list('corpora/linked/*.txt')).toEqual(['a.txt']);
  });

  it.runIf(process.platform === 'linux')('may be a name that is no text', async () => {
    write('data/a.txt');
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'data/caf')), Buffer.from([0xe9]), Buffer.from('.txt')]), '');
    for (const path of ['data', 'data/*.txt']) expect(await list(path)).toBe('INPUT_BAD_NAME');
    expect(await list('data/a*')).toEqual(['a.txt']);
  });
});

it.skipIf(process.getuid?.() === 0)('refuses a folder that may not be read', async () => {
  write('data/secret/a.txt');
  chmodSync(join(folder, 'data/secret'), 0);
  for (const path of ['data', 'data/**', 'data/*/a.txt']) expect(await list(path)).toBe('EACCES');
  chmodSync(join(folder, 'data/secret'), 0o700);
});

describe('a store', () => {
  const inside = (path: string, store: string) => list(path, { store: join(folder, store) });

  it.each(['there', 'not there yet'])('that is %s in an input is refused', async (state) => {
    write('data/a.txt', 'data/deep/a.txt');
    if (state === 'there') write('data/store/artifacts/x', 'data/.retort/artifacts/x');
    symlinkSync('data', join(folder, 'linked'));
    for (const path of ['data', 'linked', 'data/**', 'data/**/*.txt', 'data/*/*/*', 'link*/**'])
      expect(await inside(path, 'data/store'), path).toBe('INPUT_HOLDS_STORE');
    expect(await inside('data', 'linked/store')).toBe('INPUT_HOLDS_STORE');
    expect(await inside('data', 'data/.retort')).toBe('INPUT_HOLDS_STORE');
    expect(await inside('data', 'data')).toBe('INPUT_IN_STORE');
  });

  it('beside the files of a pattern is none of them', async () => {
    write('a.txt', 'store/artifacts/x', 'deep/a.txt');
    expect(await inside('*.txt', 'store')).toEqual(['a.txt']);
    expect(await inside('*/*.txt', 'store')).toEqual(['deep/a.txt']);
    expect(await inside('**/*.txt', '.retort')).toEqual(['a.txt', 'deep/a.txt']);
    expect(await inside('deep', 'store')).toEqual(['a.txt']);
  });

  it('that holds an input is refused, but for a whole artifact or a part of one', async () => {
    const artifact = `artifacts/ab/ab${'0'.repeat(62)}`;
    write('store/runs/a.txt', `store/${artifact}/a.txt`);
    symlinkSync('store/runs/a.txt', join(folder, 'link.txt'));
    symlinkSync('store/runs', join(folder, 'linked'));
    for (const path of [
      'store/runs',
      'store/runs/a.txt',
      'store/runs/*',
      'link.txt',
      '*.txt',
      'linked',
      'store/artifacts',
    ])
      expect(await inside(path, 'store'), path).toBe('INPUT_IN_STORE');
    expect(await inside(`store/${artifact}`, 'store')).toEqual(['a.txt']);
    expect(await inside(`store/${artifact}/a.txt`, 'store')).toEqual(['']);
  });
});
