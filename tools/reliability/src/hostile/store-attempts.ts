import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArtifactStore } from '@retort/store';
import { type Attempt, DONE, ESCAPE, RUN, retort, type Where, writePipeline } from './attempt.ts';
import { DAMAGED, STAGES } from './stored-pipeline.ts';
import { createVictim, type Victim } from './victim.ts';

/** A store that somebody else has prepared: nothing of it leads anybody out of it. */
export const STORE_ATTEMPTS: readonly Attempt[] = [
  ...['attempts', 'trash', 'quarantine', 'runs', 'claims', 'checkpoints', 'records', 'artifacts'].map(linkedFolder),
  stored('a store with an artifact that is a link', async ({ artifact, victim }) => {
    await rename(artifact, join(victim.path, '../elsewhere'));
    await symlink('../../../elsewhere', artifact);
  }),
  stored('a store with an artifact whose file is a link', async ({ artifact, victim }) => {
    const [name] = await readdir(artifact);
    await rename(join(artifact, name as string), join(victim.path, '../elsewhere'));
    await symlink(join(victim.path, '../elsewhere'), join(artifact, name as string));
  }),
  stored('a store with an artifact that holds a link to a device', async ({ artifact }) => {
    await symlink('/dev/zero', join(artifact, 'zero'));
  }),
  stored('a store whose listing names files outside', async ({ artifact, victim }) => {
    const outside = { name: `../../../../${basename(victim.path)}/secret.txt`, bytes: 30, digest: '0'.repeat(64) };
    await rm(`${artifact}.json`);
    await writeFile(`${artifact}.json`, JSON.stringify([outside, { ...outside, name: victim.file }]));
  }),
  stored('a store with a name of line breaks and terminal escapes', async ({ artifact }) => {
    await writeFile(join(artifact, `a\n${ESCAPE}.txt`), '');
  }),
  {
    name: 'a store whose index of records is a link',
    run: async (where) => {
      const victim = await prepare(where);
      await link(join(where.folder, 'store/records/by-stage/corpus.txt'), victim.file);
      await retort(RUN, where, DONE);
      await victim.check();
      return retort(['verify', '--dry-run'], where, { exitCode: 0, text: 'No damage found' });
    },
  },
  {
    name: 'a store whose checkpoints are links',
    run: async (where) => {
      const victim = await prepare(where);
      await retort(RUN, where, DONE);
      const keys = await recordedKeys(where);
      for (const key of keys) await link(join(where.folder, 'store/checkpoints', key.slice(0, 2), key), victim.path);
      await retort([...RUN, '--force'], where, DONE);
      await victim.check();
      return 'set aside';
    },
  },
];

/** Everything that writes or removes refuses; what lies behind the link stays. */
function linkedFolder(name: string): Attempt {
  return {
    name: `a store whose ${name} are a link`,
    run: async (where) => {
      const victim = await prepare(where);
      await link(join(where.folder, 'store', name), victim.path);
      for (const args of [RUN, ['gc', '--yes', '--keep-runs', '1'], ['verify']])
        await retort(args, where, { exitCode: 1, text: 'STORE_HAS_LINK' });
      await victim.check();
      return 'STORE_HAS_LINK';
    },
  };
}

/** Damage to a stored artifact: `verify` finds it, the stage runs again, and then all is whole. */
function stored(name: string, damage: (place: { artifact: string; victim: Victim }) => Promise<void>): Attempt {
  return {
    name,
    run: async (where) => {
      const victim = await prepare(where);
      await retort(RUN, where, DONE);
      await damage({ artifact: await anArtifact(where), victim });
      await retort(['verify', '--dry-run'], where, { exitCode: DAMAGED, text: 'artifact' });
      await retort(RUN, where, DONE);
      await retort(['show'], where, { exitCode: 0, text: 'vocabulary' });
      // What is damaged beyond what the run needed is set aside now.
      await retort(['verify'], where, { exitCode: [0, DAMAGED], text: 'artifacts' });
      await retort(RUN, where, DONE);
      await retort(['verify', '--dry-run'], where, { exitCode: 0, text: 'No damage found' });
      await victim.check();
      return 'found, set aside, made again';
    },
  };
}

async function prepare(where: Where): Promise<Victim> {
  await writePipeline(where, STAGES);
  return createVictim(where.folder);
}

async function link(path: string, target: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

async function recordedKeys({ folder }: Where): Promise<string[]> {
  const store = new ArtifactStore(join(folder, 'store'));
  const records = await Promise.all(['corpus', 'train-tokenizer'].map((kind) => store.recentRecords(kind)));
  return records.flat().map(({ key }) => key);
}

/** The corpus: what the next stage reads. */
async function anArtifact({ folder }: Where): Promise<string> {
  const store = new ArtifactStore(join(folder, 'store'));
  const [record] = await store.recentRecords('corpus');
  return store.artifactPath(record?.outputs['text']?.digest as string);
}
