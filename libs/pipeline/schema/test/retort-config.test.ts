import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { findWorkspace, readWorkspaceConfig } from '@retort/pipeline-schema';
import { expect, onTestFinished, test } from 'vitest';

/** `config` beside `project/package.json` and `project/inner`. */
function folders(config?: string): { root: string; project: string; inner: string } {
  const root = mkdtempSync(join(tmpdir(), 'retort-config-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const project = join(root, 'project');
  const inner = join(project, 'inner');
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{}');
  if (config !== undefined) writeFileSync(join(root, 'retort.config.json'), config);
  return { root, project, inner };
}

const problemsOf = async (config: string) => {
  const { root } = folders(config);
  const error = await readWorkspaceConfig(root, root).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInputError);
  return (error as Error).message;
};

test('the nearest retort.config.json makes a workspace, before a nearer package.json', () => {
  const { root, inner } = folders('{}');
  expect(findWorkspace(inner)).toBe(root);
});

test('without one, the nearest package.json does', () => {
  const { project, inner } = folders();
  expect(findWorkspace(inner)).toBe(project);
});

test('a workspace without the file, and an empty file, have the defaults', async () => {
  const { root, project } = folders('{}');
  expect(await readWorkspaceConfig(project, root)).toEqual({ plugins: [] });
  expect(await readWorkspaceConfig(root, root)).toEqual({ plugins: [] });
});

test('every problem is reported with its place', async () => {
  expect(await problemsOf('{\n  "plugin": ["./a"],\n  "plugins": "./a"\n}')).toMatchInlineSnapshot(`
    "CONFIG_UNKNOWN_FIELD   retort.config.json:2:3  /plugin
      No setting is named "plugin" here. Did you mean "plugins"? Known: $schema, plugins.

    CONFIG_WRONG_TYPE   retort.config.json:3:14  /plugins
      Expected a list, got "./a" (string)."
  `);
  expect(await problemsOf('{\n')).toMatchInlineSnapshot(`
    "CONFIG_SYNTAX   retort.config.json:2:1
      Expected "}", got the end of the file."
  `);
});
