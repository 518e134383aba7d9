import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { editedFiles } from './published-package.ts';

const LONG_NAME = `deep/${'folder/'.repeat(20)}${'name'.repeat(30)}.js`;
const FILES = {
  'package.json': '{ "name": "published", "version": "1.0.0" }',
  'index.js': 'export const one = 1;\n',
  [LONG_NAME]: '',
  'README.md': 'Read me.',
  'native/aix-ppc64.node': 'for another system',
  [`native/${process.platform}-${process.arch}.node`]: 'for this system',
};

let folder: string;
let env: { npm_config_cache: string };
let integrity: string;

/** A package as npm packs it, in a cache as npm keeps it. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'retort-published-'));
  env = { npm_config_cache: join(folder, 'cache') };
  const source = join(folder, 'published');
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: source });
  const archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
  const digest = createHash('sha512').update(readFileSync(archive)).digest();
  integrity = `sha512-${digest.toString('base64')}`;
  const hex = digest.toString('hex');
  const content = join(env.npm_config_cache, '_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4));
  mkdirSync(content, { recursive: true });
  copyFileSync(archive, join(content, hex.slice(4)));
  return () => rmSync(folder, { recursive: true });
}, 60_000);

test.each<[string, string, string[]]>([
  ['nothing', 'README.md', []],
  ['a file', 'index.js', ['index.js']],
  ['a file with a long name', LONG_NAME, [LONG_NAME]],
  [
    'compiled code',
    `native/${process.platform}-${process.arch}.node`,
    [`native/${process.platform}-${process.arch}.node`],
  ],
  ['what is for another system', 'native/aix-ppc64.node', []],
  ['a file that was not there', 'added.wasm', ['added.wasm']],
])('an edit of %s is found', async (_what, name, expected) => {
  const path = join(folder, 'published', name);
  const before = (FILES as Record<string, string>)[name];
  onTestFinished(() => (before === undefined ? rmSync(path) : writeFileSync(path, before)));
  writeFileSync(path, 'edited');
  expect(await editedFiles(join(folder, 'published'), integrity, env)).toEqual(expected);
});

test('a file that is gone is found', async () => {
  rmSync(join(folder, 'published/index.js'));
  onTestFinished(() => writeFileSync(join(folder, 'published/index.js'), FILES['index.js'] as string));
  expect(await editedFiles(join(folder, 'published'), integrity, env)).toEqual(['index.js']);
});

test('nothing is said where the archive is not there, is not named, or is damaged', async () => {
  const installed = join(folder, 'published');
  expect(await editedFiles(installed, undefined, env)).toBeUndefined();
  expect(await editedFiles(installed, 'sha1-abc', env)).toBeUndefined();
  expect(await editedFiles(installed, integrity, { npm_config_cache: join(folder, 'empty') })).toBeUndefined();
});
