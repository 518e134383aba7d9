import { fileURLToPath } from 'node:url';
import { RandomStream } from '@retort/foundation/random';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findStackTrace } from '../src/command.ts';
import { crowdOf } from '../src/crowd/index.ts';
import { createWhole, type Whole } from '../src/damage/damaged-store.ts';
import { type FileKind, KINDS } from '../src/damage/kinds.ts';
import { tryDamage } from '../src/damage/trial.ts';
import { diskCases } from '../src/disk/index.ts';
import { besideReference, runBesideGc } from '../src/gc/beside-run.ts';
import { createLitteredStore, type LitteredStore } from '../src/gc/littered-store.ts';
import { gcReference, killedGc } from '../src/gc/trial.ts';
import type { SuiteCase, SuiteSettings } from '../src/suite.ts';

const MILLISECONDS = 300_000;

const settings: SuiteSettings = {
  workspace: fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, ''),
  seed: 1,
  say: () => {},
};

function expectHeld(cases: readonly SuiteCase[]): void {
  expect(cases.filter(({ status }) => status !== 'held')).toEqual([]);
}

describe('damage, a sample', () => {
  let whole: Whole;

  beforeAll(async () => {
    whole = await createWhole(settings.workspace);
  }, MILLISECONDS);

  afterAll(() => whole.remove());

  const kind = (name: string) => KINDS.find((each) => each.name === name) as FileKind;
  const random = (seed: number) => new RandomStream(seed);

  test('of an artifact and of a checkpoint is found, set aside and computed anew', {
    timeout: MILLISECONDS,
  }, async () => {
    const cases = [
      await tryDamage(whole, { kind: kind('artifact file'), damage: 'flipped byte' }, random(1)),
      await tryDamage(whole, { kind: kind('checkpoint'), damage: 'truncated' }, random(2)),
    ];
    expectHeld(cases);
  });

  test('canary: damage that is not reported although it must be is a failed case', {
    timeout: MILLISECONDS,
  }, async () => {
    const silent: FileKind = { ...kind('record'), reported: ['deleted'] };
    expect(await tryDamage(whole, { kind: silent, damage: 'deleted' }, random(3))).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('verify ended with 0, expected 3'),
    });
  });
});

test('a crowd, a sample: one execution per key, also when a runner is killed', { timeout: MILLISECONDS }, async () => {
  expectHeld(await crowdOf(3, { ...settings, rounds: 2 }));
});

test('a full disk and a read-only one, a sample', { timeout: MILLISECONDS }, async (context) => {
  const cases = await diskCases([128], settings);
  const skipped = cases.find(({ status }) => status === 'skipped');
  if (skipped !== undefined) context.skip(skipped.detail);
  expectHeld(cases);
});

describe('gc that is killed, a sample', () => {
  let littered: LitteredStore;

  beforeAll(async () => {
    littered = await createLitteredStore(settings.workspace);
  }, MILLISECONDS);

  afterAll(() => littered.remove());

  test('between a record and its artifacts loses nothing, and the next one cleans up', {
    timeout: MILLISECONDS,
  }, async () => {
    const reference = await gcReference(settings.workspace, littered);
    for (const fault of ['gc.record-removed:5', 'gc.artifact-gone:2'])
      expect(await killedGc(reference, { fault })).toEqual({ wasKilled: true, fault: undefined });
  });

  test('beside a run takes nothing that the run makes or uses', { timeout: MILLISECONDS }, async () => {
    const { seconds } = await gcReference(settings.workspace, littered);
    const reference = await besideReference(settings.workspace, littered, seconds);
    expect(await runBesideGc(reference, new RandomStream(4))).toMatchObject({ fault: undefined });
    const other = { ...reference, results: { 'student-train.student': 'other' } };
    expect(await runBesideGc(other, new RandomStream(5))).toMatchObject({ fault: expect.stringContaining('is ') });
  });

  test('canary: what is gone although it is needed is told', { timeout: MILLISECONDS }, async () => {
    const reference = { ...(await gcReference(settings.workspace, littered)), files: ['records/of/nothing'] };
    expect(await killedGc(reference, { fault: 'gc.begun:1' })).toMatchObject({
      fault: expect.stringContaining('left'),
    });
    const pinned = '0'.repeat(64);
    const other = { ...reference, littered: { ...littered, pinned } };
    expect(await killedGc(other, { fault: 'gc.begun:1' })).toMatchObject({ fault: 'what a pin keeps is gone' });
  });
});

test('a stack is told from a message', () => {
  const end = (stderr: string) => findStackTrace({ exitCode: 1, stdout: '', stderr });
  expect(end('DISK_FULL\n  Could not write a record at /store. The disk is full.')).toBeUndefined();
  expect(end('Error: x\n    at write (/a/b.ts:12:3)\n')).toContain('b.ts:12:3');
  expect(end('RUNNER_FAILED\n  The runner itself failed')).toContain('RUNNER_FAILED');
});

test('a crowd of two users on a store that their group shares, a sample', {
  timeout: MILLISECONDS,
}, async (context) => {
  const cases = await crowdOf(4, { ...settings, rounds: 2 }, 'two users');
  const skipped = cases.find(({ status }) => status === 'skipped');
  if (skipped !== undefined) context.skip(skipped.detail);
  expectHeld(cases);
});
