import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import schema from '../retort-config.schema.json' with { type: 'json' };
import type { RetortConfig } from './config.generated.ts';
import { withDefaults } from './defaults.ts';
import { readSource } from './json-source.ts';
import { displayPath } from './pipeline-files.ts';
import { Places } from './places.ts';
import type { Schema } from './schema.ts';
import { validate } from './validate.ts';

export const WORKSPACE_CONFIG = 'retort.config.json';

const configSchema = schema as unknown as Schema;

/**
 * The workspace that a folder belongs to: the nearest folder upwards with a `retort.config.json`. Without one anywhere, the
 * nearest with a `package.json`.
 */
export function findWorkspace(folder: string): string | undefined {
  return nearest(folder, WORKSPACE_CONFIG) ?? nearest(folder, 'package.json');
}

function nearest(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * What a workspace's `retort.config.json` says, with defaults. A workspace without the file has defaults alone.
 *
 * @param cwd what the file's name in messages is relative to
 * @throws InvalidInputError with every problem
 */
export async function readWorkspaceConfig(workspace: string, cwd: string): Promise<RetortConfig> {
  const path = join(workspace, WORKSPACE_CONFIG);
  if (!existsSync(path)) return withDefaults(configSchema, {}) as RetortConfig;
  const { source, diagnostics } = await readSource({ path, file: displayPath(path, cwd) });
  const places = source && new Places(source);
  const problems = validate(configSchema, source?.value).map(({ code, message, path: at, isName }) => ({
    code,
    message,
    location: places?.locate(at, isName ? 'name' : 'value') ?? { file: path },
  }));
  const all = source === undefined ? diagnostics : [...diagnostics, ...problems];
  if (all.length > 0)
    throw new InvalidInputError(all.map((each) => ({ ...each, code: each.code.replace('PIPELINE_', 'CONFIG_') })));
  return withDefaults(configSchema, source?.value) as RetortConfig;
}
