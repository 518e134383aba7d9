import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { standIns } from '@retort/code-closure';
import type { Schema } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';
import { build, type Plugin } from 'esbuild';

/** A stage package as the generator sees it. */
export interface StageSource {
  readonly name: string;
  /** Relative to the workspace, with `/`. */
  readonly folder: string;
  readonly schema: Schema;
  /** Missing when it could not be loaded; pages then have no ports. */
  readonly definition?: StageDefinition;
}

/** Every package below `libs/stages` that has a schema, in order of name. */
export async function findStages(root: string): Promise<{ stages: StageSource[]; problems: string[] }> {
  const base = join(root, 'libs/stages');
  const names = existsSync(base) ? readdirSync(base).sort() : [];
  const stages: StageSource[] = [];
  const problems: string[] = [];
  for (const name of names.filter((entry) => existsSync(join(base, entry, 'stage.schema.json')))) {
    const folder = `libs/stages/${name}`;
    try {
      const schema = JSON.parse(readFileSync(join(root, folder, 'stage.schema.json'), 'utf8')) as Schema;
      const loaded = await loadDefinition(root, folder).catch((cause: unknown) => {
        problems.push(`${folder}: the definition cannot be loaded, so its ports are missing: ${firstLine(cause)}`);
      });
      // The definition's schema is the file's with definitions that several stages share put in.
      const whole = (loaded?.configSchema as Schema | undefined) ?? schema;
      stages.push({ name, folder, schema: whole, ...(loaded && { definition: loaded }) });
    } catch (cause) {
      problems.push(`${folder}/stage.schema.json: ${firstLine(cause)}`);
    }
  }
  return { stages, problems };
}

/** Bundles a stage's light entry point, runs it and returns the definition that it exports. */
async function loadDefinition(root: string, folder: string): Promise<StageDefinition> {
  const outfile = join(root, 'node_modules/.cache/retort-codegen', `${folder.replaceAll('/', '-')}-${process.pid}.mjs`);
  mkdirSync(join(outfile, '..'), { recursive: true });
  try {
    await build({
      entryPoints: [join(root, folder, 'src/index.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      plugins: [standIns(), outsidePackages],
    });
    const exported = Object.values((await import(pathToFileURL(outfile).href)) as Record<string, unknown>);
    const definition = exported.find(isDefinition);
    if (definition === undefined) throw new Error('src/index.ts exports no stage definition');
    return definition;
  } finally {
    rmSync(outfile, { force: true });
  }
}

/** Leaves packages of others to Node; ours export TypeScript and have to be bundled. */
const outsidePackages: Plugin = {
  name: 'outside-packages',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@retort/') ? undefined : { path, external: true },
    );
  },
};

function isDefinition(value: unknown): value is StageDefinition {
  return typeof value === 'object' && value !== null && 'kind' in value && 'configSchema' in value;
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause)
    .split('\n')
    .slice(0, 2)
    .join(' ');
}
