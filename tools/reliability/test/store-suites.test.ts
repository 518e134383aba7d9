import { RandomStream } from '@retort/foundation/random';
import { beforeAll, describe, expect, test } from 'vitest';
import { arenaOf, reference } from '../src/crash/trial.ts';
import { crowdCases } from '../src/crowd/index.ts';
import { createWhole, type Whole } from '../src/damage/damaged-store.ts';
import { type FileKind, KINDS } from '../src/damage/kinds.ts';
import { tryDamage } from '../src/damage/trial.ts';
import { diskCases } from '../src/disk/index.ts';
import { runBesideGc } from '../src/gc/beside-run.ts';
import { createLitteredStore } from '../src/gc/littered-store.ts';
import { type GcReference, gcReference, killedGc } from '../src/gc/trial.ts';
import { contextForTests, expectHeld } from './support.ts';

const MILLISECONDS = 300_000;

const context = contextForTests({ rounds: 2 });

describe('damage, a sample', () => {
  let whole: Whole;

  beforeAll(async () => {
    whole = await createWhole(context);
  }, MILLISECONDS);

  const kind = (name: string) => KINDS.find((each) => each.name === name) as FileKind;
  const random = (seed: number) => new RandomStream(seed);

  test('of an artifact and of a checkpoint is found, set aside and computed anew', {
    timeout: MILLISECONDS,
  }, async () => {
    await tryDamage(whole, { kind: kind('artifact file'), damage: 'flipped byte' }, random(1));
    await tryDamage(whole, { kind: kind('checkpoint'), damage: 'truncated' }, random(2));
  });

  test('canary: damage that is not reported although it must be is a failed case', {
    timeout: MILLISECONDS,
  }, async () => {
    const silent: FileKind = { ...kind('record'), reported: ['deleted'] };
    await expect(tryDamage(whole, { kind: silent, damage: 'deleted' }, random(3))).rejects.toThrow(
      'verify ended with 0, expected 3',
    );
  });
});

test('a crowd, a sample: one execution per key, also when a runner is killed', { timeout: MILLISECONDS }, () =>
  expectHeld(crowdCases(context, { runners: 3 })),
);

test('a full disk and a read-only one, a sample', { timeout: MILLISECONDS }, (test) =>
  expectHeld(diskCases(context, [128]), test),
);

describe('gc that is killed, a sample', () => {
  let alone: GcReference;

  beforeAll(async () => {
    alone = await gcReference(await createLitteredStore(context));
  }, MILLISECONDS);

  test('between a record and its artifacts loses nothing, and the next one cleans up', {
    timeout: MILLISECONDS,
  }, async () => {
    for (const fault of ['gc.record-removed:5', 'gc.artifact-gone:2'])
      expect(await killedGc(alone, { fault })).toBe(true);
  });

  test('beside a run takes nothing that the run makes or uses', { timeout: MILLISECONDS }, async () => {
    const { results } = await reference(arenaOf(context));
    await runBesideGc(alone, { results, random: new RandomStream(4) });
    const other = { ...results, 'student-train.student': 'other' };
    await expect(runBesideGc(alone, { results: other, random: new RandomStream(5) })).rejects.toThrow(
      '1 differ, first student-train.student: ',
    );
  });

  test('canary: what is gone although it is needed is told', { timeout: MILLISECONDS }, async () => {
    const kill = { fault: 'gc.begun:1' };
    await expect(killedGc({ ...alone, files: ['records/of/nothing'] }, kill)).rejects.toThrow('left');
    const littered = { ...alone.littered, pinned: '0'.repeat(64) };
    await expect(killedGc({ ...alone, littered }, kill)).rejects.toThrow('what a pin keeps is gone');
  });
});

test('a crowd of two users on a store that their group shares, a sample', { timeout: MILLISECONDS }, (test) =>
  expectHeld(crowdCases(context, { runners: 4, whose: 'two users' }), test),
);
