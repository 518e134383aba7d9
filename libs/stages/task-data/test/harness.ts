import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { taskData } from '@retort/stage-task-data';
import { run } from '@retort/stage-task-data/run';
import { type ExampleRow, readExamplesMetadata, streamExamples } from '@retort/tables';
import { type GlueTaskName, glueTask } from '@retort/tables/glue';
import { onTestFinished } from 'vitest';

export type Config = Parameters<typeof run>[0]['config'];

export function configOf(settings: object): Config {
  return withDefaults(taskData.configSchema, settings) as Config;
}

/** Runs the stage on tables given as paths by input. Messages call them `<input>.tsv`. */
export async function runTaskData(settings: object, paths: Readonly<Record<string, string>> = {}, seed = 42) {
  const inputs = Object.fromEntries(
    Object.entries(paths).map(([input, path]) => [
      input,
      { type: 'examples' as const, path, digest: '0', label: `${input}.tsv` },
    ]),
  );
  const context = await createTestContext({
    config: configOf(settings),
    seed,
    inputs,
    outputs: { examples: 'examples' },
  });
  onTestFinished(() => context.remove());
  const result = await run(context);
  const path = join(context.outputs['examples']!.path, 'examples.arrow');
  const rows: ExampleRow[] = [];
  for await (const batch of streamExamples(path)) rows.push(...batch);
  return {
    rows,
    result,
    warnings: context.warnings,
    metadata: (await readExamplesMetadata(path)).metadata,
    digest: (await digestTree(path)).digest,
  };
}

/** Runs the stage on the folder of a GLUE task. Messages call the folder by its task's title. */
export async function runGlue(preset: string, folder: string, settings: object = {}) {
  const config = configOf({ ...settings, source: { kind: 'glue', preset } });
  const ports = Object.keys(taskData.outputs({ config, connected: ['data'] }));
  const label = glueTask(preset as GlueTaskName).title;
  const context = await createTestContext({
    config,
    inputs: { data: { type: 'examples', path: folder, digest: '0', label } },
    outputs: Object.fromEntries(ports.map((port) => [port, 'examples' as const])),
  });
  onTestFinished(() => context.remove());
  const result = await run(context);
  const read = async (port: string) => {
    const path = join(context.outputs[port]!.path, 'examples.arrow');
    const rows: ExampleRow[] = [];
    for await (const batch of streamExamples(path)) rows.push(...batch);
    return { rows, metadata: (await readExamplesMetadata(path)).metadata };
  };
  return {
    result,
    context,
    examples: await read('examples'),
    mismatched: ports.includes('mismatched') ? await read('mismatched') : undefined,
  };
}

/** Writes files into a folder that goes when the test ends; returns their paths by the same keys. */
export async function filesOf<Name extends string>(
  contents: Readonly<Record<Name, string | Uint8Array>>,
): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'task-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries<string | Uint8Array>(contents)) {
    paths[name] = join(folder, name);
    await writeFile(paths[name] as string, content);
  }
  return paths as Record<Name, string>;
}
