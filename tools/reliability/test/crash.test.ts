import { fileURLToPath } from 'node:url';
import { RandomStream } from '@retort/random';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untilDone } from '../src/crash/crash-suite.ts';
import type { Harm } from '../src/crash/harm.ts';
import { FAULT_POINTS } from '../src/crash/points.ts';
import { type Arena, arenaOf, type Reference, reference, TrialStore } from '../src/crash/trial.ts';

/** Text, vocabulary, tokens and a teacher: tables that grow and weights that are trained. */
const arena: Arena = arenaOf(fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, ''), 'teacher');
const random = new RandomStream(1);

/** One after the other in one store: each is passed by what the ones before left to do. */
const FAULTS = [
  'store.attempt-unnamed:1',
  'runner.stage-started:2',
  'table.half-written:2',
  'store.listed:1',
  'checkpoint.written:3',
  'checkpoint.renamed:2',
  'runner.published:1',
  'runner.recorded:1',
].map((text): Harm => {
  const [point, pass] = text.split(':') as [string, string];
  return { kind: 'fault', point, pass: Number(pass) };
});

describe.skipIf(process.platform !== 'linux')(
  'the same command after a crash (a sample; the whole is a suite of its own)',
  () => {
    let expected: Reference;
    let store: TrialStore;

    beforeAll(async () => {
      expected = await reference(arena);
      store = new TrialStore(arena);
    }, 180_000);
    afterAll(() => store.remove());

    test('at each of some fault points ends with the bytes of a run that was never killed', async () => {
      for (const harm of FAULTS) {
        const { wasHarmed, fault } = await store.harm(harm);
        expect({ harm, wasHarmed, fault }).toEqual({ harm, wasHarmed: true, fault: undefined });
      }
      expect(await store.findFault(expected.results)).toBeUndefined();
    }, 300_000);

    test('at some random moments does, too', async () => {
      const other = new TrialStore(arena);
      const kinds: Harm['kind'][] = ['kill-runner', 'kill-stage', 'interrupt-twice', 'terminate'];
      const next = () => {
        const kind = kinds.shift() as Exclude<Harm['kind'], 'fault'> | undefined;
        return kind && { kind, seconds: 0.5 + random.unit() * expected.seconds * 0.6 };
      };
      try {
        const { fault } = await untilDone(other, expected, next);
        expect(fault).toBeUndefined();
      } finally {
        other.remove();
      }
    }, 300_000);
  },
);

test('every fault point has a name of its own', () => {
  expect(new Set(FAULT_POINTS).size).toBe(FAULT_POINTS.length);
});
