import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactStore } from '@retort/store';
import { type Attempt, DONE, ESCAPE, type Expected, RUN, retort, type Where, writePipeline } from './attempt.ts';
import { createVictim, type Victim } from './victim.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a manifest is read by: these words stay as they are, or it would only be refused. */
const KEPT_MEMBERS: ReadonlySet<string> = new Set(['status', 'kind', 'engine', 'startedAt', 'finishedAt', 'uses']);

/** A manifest that somebody sent, or one in a store that somebody prepared. */
export const MANIFEST_ATTEMPTS: readonly Attempt[] = [
  // Settings are judged first, so what is said of the rest needs a manifest with settings that are right.
  sent('a manifest with terminal escapes everywhere', { exitCode: 2, text: 'refuses the settings' }, (manifest) =>
    escaped(manifest),
  ),
  sent(
    'a manifest with terminal escapes everywhere but in its settings',
    { exitCode: 2, text: 'REPRODUCE_' },
    (manifest) => escaped(manifest, new Set([...KEPT_MEMBERS, 'with'])),
  ),
  sent('a manifest whose input is a device', { exitCode: 2, text: 'REPRODUCE_INPUT_MISSING' }, (manifest) =>
    withInput(manifest, '/dev/zero'),
  ),
  sent('a manifest whose input leads outside', { exitCode: 2, text: 'REPRODUCE_INPUT_CHANGED' }, (manifest, { file }) =>
    withInput(manifest, join(file, '../../victim/secret.txt')),
  ),
  sent('a manifest whose stages lead outside', { exitCode: 0, text: 'identical' }, (manifest) =>
    replaced(manifest, (text) => (text === 'corpus' ? '../../../victim/corpus' : text), new Set(['uses', 'kind'])),
  ),
  sent('a manifest of a run that leads outside', { exitCode: 0, text: 'identical' }, (manifest) => ({
    ...manifest,
    run: '../../victim',
  })),
  {
    name: 'a run in the store with terminal escapes everywhere',
    run: async (where) => {
      const { victim, manifest } = await ranOnce(where);
      const run = manifest['run'] as string;
      const store = new ArtifactStore(join(where.folder, 'store'));
      await store.writeManifest(run, { ...escaped(manifest), run });
      for (const args of [
        ['show', run],
        ['show', '--list'],
        ['gc'],
        ['explain', './hostile.pipeline.json', '--against', run],
      ])
        await retort(args, where, { exitCode: 0, text: '' });
      await victim.check();
      return 'printed without them';
    },
  },
];

function sent(name: string, expected: Expected, change: (manifest: Json, victim: Victim) => Json): Attempt {
  return {
    name,
    run: async (where) => {
      const { victim, manifest } = await ranOnce(where);
      await writeFile(join(where.folder, 'manifest.json'), JSON.stringify(change(manifest, victim)));
      await retort(['reproduce', './manifest.json', '--into', './fresh'], where, expected);
      await victim.check();
      return expected.text;
    },
  };
}

/** A run of a text of the user's, and its manifest. */
async function ranOnce(where: Where): Promise<{ victim: Victim; manifest: Json }> {
  const victim = await createVictim(where.folder);
  await writeFile(join(where.folder, 'text.txt'), 'One sentence. Another one.\n\nA second document.\n');
  const stages = {
    corpus: {
      uses: 'corpus',
      inputs: { files: './text.txt' },
      with: { source: { kind: 'files' }, validationFraction: 0 },
    },
  };
  await writePipeline(where, stages);
  await retort(RUN, where, DONE);
  const store = new ArtifactStore(join(where.folder, 'store'));
  const [run] = await store.listRuns();
  return { victim, manifest: (await store.readManifest(run as string)) as Json };
}

function withInput(manifest: Json, path: string): Json {
  const isPath = (value: unknown): value is Json => (value as Json | null)?.['kind'] === 'path';
  const inner = (value: unknown): unknown => {
    if (isPath(value)) return { ...value, path };
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]));
  };
  return inner(manifest) as Json;
}

function escaped(manifest: Json, kept: ReadonlySet<string> = KEPT_MEMBERS): Json {
  return replaced(manifest, (text) => (/^[0-9a-f]{64}$/.test(text) ? text : `${text}\n${ESCAPE}`), kept);
}

/** Every text of a document changed, but for members of some names. */
function replaced(document: Json, change: (text: string) => string, kept: ReadonlySet<string>): Json {
  const inner = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, kept.has(name) ? each : inner(each)]));
  };
  return inner(document) as Json;
}
