import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatDiagnostic } from '@retort/foundation/diagnostics';
import { expect, test } from 'vitest';
import { checkDocuments } from '../src/documents/check.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const fixture = fileURLToPath(new URL('./fixtures/documents', import.meta.url));

test('what the documents say about the repository is there', () => {
  const { problems, documents, packages, links, paths, codeBlocks, imports } = checkDocuments(workspace);
  expect(problems.map(formatDiagnostic)).toEqual([]);
  // A check that looked at nothing would pass too.
  expect(documents).toBeGreaterThanOrEqual(packages);
  expect(packages).toBeGreaterThanOrEqual(30);
  expect(links).toBeGreaterThanOrEqual(30);
  expect(paths).toBeGreaterThanOrEqual(100);
  expect(codeBlocks).toBeGreaterThanOrEqual(15);
  expect(imports).toBeGreaterThanOrEqual(15);
});

test('the list of decisions names every page', () => {
  const folder = join(workspace, 'docs/decisions');
  const list = readFileSync(join(folder, 'README.md'), 'utf8');
  const pages = readdirSync(folder).filter((name) => name !== 'README.md');
  expect(pages.length).toBeGreaterThan(10);
  expect(pages.filter((name) => !list.includes(`](${name})`))).toEqual([]);
});

test('canary: everything wrong in the fixture is reported, and nothing else', () => {
  const { problems } = checkDocuments(fixture);
  expect(problems.map(formatDiagnostic).join('\n')).toMatchInlineSnapshot(`
    "DOC_NO_README   tools/tray
      @retort/tray has no README. Say what it is for, show the smallest example, list its exports, and what it is not for.
    DOC_BROKEN_LINK   README.md:7
      The link "libs/teapot/README.md" leads nowhere.
    DOC_BROKEN_LINK   README.md:7
      The link "../README.md" leads nowhere.
    DOC_BROKEN_LINK   README.md:7
      The link "libs/kettle/README.md#spout" leads nowhere.
    DOC_BROKEN_LINK   README.md:7
      The link "#coffee-room" leads nowhere.
    DOC_DEAD_PATH   README.md:7
      There is no "libs/teapot/src/index.ts" in the repository.
    DOC_DEAD_PATH   README.md:7
      There is no "libs/<name>/teapot.json" in the repository.
    DOC_DEAD_PATH   README.md:8
      There is no "RECIPES.md" in the repository.
    DOC_DEAD_PATH   README.md:8
      There is no "tools/steep.mjs" in the repository.
    DOC_DEAD_PATH   README.md:13
      There is no "libs/kettle/src/pour.ts" in the repository.
    DOC_DEAD_PATH   libs/kettle/README.md:3
      There is no "src/nowhere.ts" in the repository.
    DOC_UNKNOWN_EXPORT   libs/kettle/README.md:14
      "@retort/kettle" does not export "boill". Did you mean "boil"? Known: boil, Heat, Lid, Fit, Rim, stir, full, half.
    DOC_UNKNOWN_EXPORT   libs/kettle/README.md:14
      "@retort/kettle" does not export "hidden". Known: boil, Heat, Lid, Fit, Rim, stir, full, half.
    DOC_UNKNOWN_MODULE   libs/kettle/README.md:15
      There is no module "@retort/kettle/wistle". Did you mean "@retort/kettle/whistle"? Known: @retort/kettle, @retort/kettle/whistle, @retort/spoon, @retort/tray/package.json.
    DOC_UNKNOWN_EXPORT   libs/kettle/README.md:16
      "@retort/kettle" does not export "default". Known: boil, Heat, Lid, Fit, Rim, stir, full, half.
    DOC_CODE_SYNTAX   libs/kettle/README.md:20
      The example does not parse: ')' expected."
  `);
});
