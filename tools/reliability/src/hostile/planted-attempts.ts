import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestJson } from '@retort/foundation/digest';
import { ArtifactStore, type StageRecord } from '@retort/store';
import { execa } from 'execa';
import { type Attempt, DONE, RUN, retort, type Where, writePipeline } from './attempt.ts';
import { DAMAGED, STAGES } from './stored-pipeline.ts';

type Change = (record: Record<string, unknown>) => unknown;

/** Records with right checksums that no run has written: whoever may write a store can plant them. */
const RECORDS: Readonly<Record<string, Change>> = {
  'outputs null': (record) => ({ ...record, outputs: null }),
  'no outputs': (record) => ({ ...record, outputs: {} }),
  'an output null': (record) => ({ ...record, outputs: { text: null, tokenizer: null } }),
  'an output that leads outside': (record) => ({
    ...record,
    outputs: { text: { digest: '../../../../victim', bytes: 1 } },
  }),
  'figures that are texts': (record) => ({ ...record, metrics: { loss: '\u001b[2J' } }),
  'warnings that are a text': (record) => ({ ...record, warnings: 'x' }),
  'no provenance': (record) => ({ ...record, provenance: null }),
  'no key document': (record) => ({ ...record, keyDocument: null }),
  'no kind': (record) => ({ ...record, uses: null }),
};

/** What lies where a file is expected. */
const THINGS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a folder': (path) => mkdir(join(path, 'inner'), { recursive: true }),
  'a pipe': (path) => execa('mkfifo', [path]),
  'a link to a device': (path) => symlink('/dev/zero', path),
};

export const PLANTED_ATTEMPTS: readonly Attempt[] = [
  ...Object.entries(RECORDS).map(([what, change]) => ({
    name: `a planted record with ${what}`,
    run: async (where: Where) => {
      const store = await ranOnce(where);
      const records = await Promise.all(['corpus', 'train-tokenizer'].map((uses) => store.recentRecords(uses)));
      for (const record of records.flat()) await plantRecord(store, record, change);
      return useAll(where);
    },
  })),
  ...Object.entries(THINGS).map(([what, put]) => ({
    name: `${what} in the place of every file of a store`,
    run: async (where: Where) => {
      const store = await ranOnce(where);
      for (const path of await filesIn(store.root)) {
        await rm(path, { force: true });
        await put(path);
      }
      return useAll(where);
    },
  })),
  {
    name: 'a planted claim with a heartbeat in the future',
    run: async (where) => {
      const store = await ranOnce(where);
      const [record] = await store.recentRecords('train-tokenizer');
      const folder = join(store.root, 'claims', (record as StageRecord).key.slice(0, 2), (record as StageRecord).key);
      await mkdir(folder, { recursive: true });
      const owner = {
        pid: 1,
        host: 'elsewhere',
        started: '1',
        id: '0123456789abcdef',
        run: 'r',
        stage: 's',
        since: '',
      };
      await writeFile(join(folder, 'owner.json'), JSON.stringify(owner));
      await writeFile(join(folder, 'heartbeat'), '.');
      const future = new Date('2100-01-01');
      await utimes(join(folder, 'heartbeat'), future, future);
      await retort([...RUN, '--force'], where, DONE);
      return 'taken over';
    },
  },
];

async function ranOnce(where: Where): Promise<ArtifactStore> {
  await writePipeline(where, STAGES);
  await retort(RUN, where, DONE);
  return new ArtifactStore(join(where.folder, 'store'));
}

async function plantRecord({ root }: ArtifactStore, { key }: StageRecord, change: Change): Promise<void> {
  const path = join(root, 'records', key.slice(0, 2), `${key}.json`);
  const { record } = JSON.parse(await readFile(path, 'utf8')) as { record: Record<string, unknown> };
  const planted = change(record);
  await writeFile(path, JSON.stringify({ checksum: digestJson(planted), record: planted }));
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Every command ends, and with nothing but what is for people; the run computes what it cannot use, and then all is whole. */
async function useAll(where: Where): Promise<string> {
  const looks = [
    { args: ['plan', './hostile.pipeline.json'], exitCode: 0 },
    { args: ['show', '--list'], exitCode: 0 },
    { args: ['show'], exitCode: [0, DAMAGED] },
    { args: ['explain', './hostile.pipeline.json'], exitCode: 0 },
    { args: ['pin', '--list'], exitCode: 0 },
    { args: ['gc'], exitCode: 0 },
    { args: ['verify', '--dry-run'], exitCode: [0, DAMAGED] },
  ];
  for (const { args, exitCode } of looks) await retort(args, where, { exitCode, text: '' });
  await retort(RUN, where, DONE);
  await retort(['verify'], where, { exitCode: [0, DAMAGED], text: 'Checked' });
  await retort(RUN, where, DONE);
  await retort(['gc', '--yes'], where, { exitCode: 0, text: '' });
  await retort(['verify', '--dry-run'], where, { exitCode: 0, text: 'No damage found' });
  return 'used by nobody, made again';
}
