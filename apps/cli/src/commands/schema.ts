import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, printable } from '@retort/foundation/diagnostics';
import { editorSchema, resolvePath, type Schema } from '@retort/pipeline-schema';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { registry as builtIn, openRegistry } from '../registry.ts';
import { type CommonOptions, requireWorkspace, type Surroundings } from '../settings.ts';

interface SchemaOptions extends CommonOptions {
  readonly out?: string;
}

/** Where `$schema` of a workspace's pipelines points to, once it is there. */
export function schemaFile(workspace: string): string {
  return join(workspace, 'schemas', 'pipeline.schema.json');
}

/** Writes the schema that editors check and complete pipeline files with, plug-ins included. */
export async function schema(options: SchemaOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const file =
    options.out === undefined ? schemaFile(requireWorkspace(surroundings)) : resolvePath(surroundings.cwd, options.out);
  const registry = await openRegistry(surroundings);
  const stages = [...registry.values()].map((definition) => ({
    name: definition.kind,
    schema: definition.configSchema as Schema,
    definition,
  }));
  const sorted = stages.sort((a, b) => (a.name < b.name ? -1 : 1));
  await makeFolder(dirname(file));
  await writeFile(file, `${JSON.stringify(editorSchema(sorted, 'Written by retort schema.'), undefined, 2)}\n`);
  const own = sorted.map(({ name }) => name).filter((name) => !builtIn.has(name));
  out.writeDocument({ file, stages: sorted.map(({ name }) => name) });
  const ofPlugins = own.length === 0 ? '' : `, ${own.length} of plug-ins: ${own.join(', ')}`;
  out.print(
    `Wrote ${printable(file)}: ${sorted.length} kinds of stage${ofPlugins}. Point "$schema" of pipeline files to it.`,
  );
  return EXIT.done;
}
