import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayBeAlive, thisProcess } from '@retort/store';
import { expect, test } from 'vitest';
import { temporaryStore } from './temporary-store.ts';

test('runs are listed newest first, and their manifests read back', async () => {
  const store = temporaryStore();
  const ids = ['20250101T000000000Z-00000000', '20250102T000000000Z-00000000', store.newRunId()];
  for (const id of ids) {
    await store.createRun(id);
    await store.writeManifest(id, { id });
  }
  expect(await store.listRuns()).toEqual(ids.reverse());
  expect(await store.readManifest(ids[0] as string)).toEqual({ id: ids[0] });
  expect(await store.readManifest('20240101T000000000Z-00000000')).toBeUndefined();
  expect(() => store.runFiles('../x')).toThrow('Not a run id');
});

test('the log of a stage of another pipeline has a plain name', () => {
  const files = temporaryStore().runFiles('20250101T000000000Z-00000000');
  expect(files.log('general-distill#student-train')).toBe(
    join(files.folder, 'logs', 'general-distill.student-train.log'),
  );
});

test('an attempt is an own folder until it is removed', async () => {
  const store = temporaryStore();
  const [first, second] = [await store.createAttempt(), await store.createAttempt()];
  expect(first.path).not.toBe(second.path);
  await first.remove();
  expect(existsSync(first.path)).toBe(false);
  expect(existsSync(second.path)).toBe(true);
});

test('sweeping removes the attempts of the dead only', async () => {
  const store = temporaryStore();
  const living = await store.createAttempt();
  const plant = (name: string, owner?: object): string => {
    const path = join(store.root, 'attempts', name);
    mkdirSync(path, { recursive: true });
    if (owner !== undefined) writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
    return path;
  };
  const dead = spawnSync(process.execPath, ['--version']).pid;
  plant('dead', { ...thisProcess(), pid: dead });
  plant('pid-given-out-again', { ...thisProcess(), started: '1' });
  const elsewhere = plant('elsewhere', { ...thisProcess(), host: 'another machine' });
  const starting = plant('starting');
  const torn = plant('torn');
  utimesSync(torn, new Date(0), new Date(0));
  await store.sweep();
  const left = readdirSync(join(store.root, 'attempts')).map((name) => join(store.root, 'attempts', name));
  expect(left.sort()).toEqual([living.path, elsewhere, starting].sort());
});

test('a process knows itself to be alive', () => {
  expect(mayBeAlive(thisProcess())).toBe(true);
});
