import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sourceFiles } from '../src/imports/check.ts';
import { importsOf } from '../src/imports/imports.ts';
import { readPackages } from '../src/packages.mjs';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** `a --> b` of the first picture in ARCHITECTURE.md, with the folders that the nodes are labelled with. */
function drawnArrows(): [string, string][] {
  const picture = /```mermaid\n([^]*?)```/.exec(readFileSync(join(workspace, 'ARCHITECTURE.md'), 'utf8'))?.[1] ?? '';
  const folders = new Map([...picture.matchAll(/(\w+)\["([^"]+)"\]/g)].map(([, id = '', folder = '']) => [id, folder]));
  const arrows = [...picture.matchAll(/^ *(\w+)\S* --> (\w+)/gm)];
  return arrows.map(([, from = '', to = '']) => [folders.get(from) ?? from, folders.get(to) ?? to]);
}

/** The arrows between these folders that the sources draw, without tests. */
function importedArrows(nodes: readonly string[]): [string, string][] {
  const nodeOf = (folder: string) =>
    nodes.filter((node) => folder === node || folder.startsWith(`${node}/`)).sort((a, b) => b.length - a.length)[0];
  const packages = readPackages(workspace);
  const folderOf = new Map(packages.map(({ name, folder }) => [name, folder]));
  const arrows = packages.flatMap((owner) =>
    sourceFiles(workspace, owner)
      .filter((file) => !/\/test\/|\.test\.ts$/.test(file))
      .flatMap((file) => importsOf(file, readFileSync(join(workspace, file), 'utf8')))
      .flatMap(({ specifier }) => folderOf.get(/^@retort\/[^/]+/.exec(specifier)?.[0] ?? '') ?? [])
      .map((target) => [nodeOf(owner.folder), nodeOf(target)] as const),
  );
  const drawable = arrows.flatMap(([from, to]) => (from && to && from !== to ? [`${from} ${to}`] : []));
  return [...new Set(drawable)].map((arrow) => arrow.split(' ') as [string, string]);
}

test('the picture of the parts in ARCHITECTURE.md shows who imports whom', () => {
  const drawn = drawnArrows();
  const imported = importedArrows([...new Set(drawn.flat())]);
  expect(imported.length).toBeGreaterThan(drawn.length);
  // No arrow without an import …
  const text = ([from, to]: [string, string]) => `${from} --> ${to}`;
  const real = new Set(imported.map(text));
  expect(drawn.map(text).filter((arrow) => !real.has(arrow))).toEqual([]);
  // … and no import that the arrows do not lead to.
  const leadsTo = (from: string, to: string): boolean =>
    drawn.some(([start, end]) => start === from && (end === to || leadsTo(end, to)));
  expect(imported.filter(([from, to]) => !leadsTo(from, to)).map(text)).toEqual([]);
});
