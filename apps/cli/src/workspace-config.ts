import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { WORKSPACE_CONFIG } from '@retort/pipeline-schema';
import { applyEdits, modify } from 'jsonc-parser';

/** @returns the file that was written; undefined where the workspace has one */
export async function writeWorkspaceConfig(workspace: string, installation: string): Promise<string | undefined> {
  const file = join(workspace, WORKSPACE_CONFIG);
  if (existsSync(file)) return undefined;
  const schema = relative(workspace, join(installation, 'schemas/retort-config.schema.json')).replaceAll(sep, '/');
  const config = { $schema: schema.startsWith('.') ? schema : `./${schema}`, plugins: [] };
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { flag: 'wx' });
  return file;
}

/** Adds a plug-in to the end of the list, and leaves everything else of the file as it is. */
export async function listPlugin(plugin: string, workspace: string, installation: string): Promise<void> {
  await writeWorkspaceConfig(workspace, installation);
  const file = join(workspace, WORKSPACE_CONFIG);
  const text = await readFile(file, 'utf8');
  const { plugins } = JSON.parse(text) as { readonly plugins?: readonly string[] };
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  const edits = modify(text, ['plugins'], [...(plugins ?? []), plugin], { formattingOptions });
  await writeFile(file, applyEdits(text, edits));
}
