import { RandomStream } from '@retort/foundation/random';
import { inFolder, RetortProcess } from '@retort/lab';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Harm } from '../src/crash/harm.ts';
import { untilDone } from '../src/crash/index.ts';
import { FAULT_POINTS } from '../src/crash/points.ts';
import { stageProcesses } from '../src/crash/stage-processes.ts';
import { type Arena, arenaOf, inStore, type Reference, reference } from '../src/crash/trial.ts';
import { contextForTests } from './support.ts';

const context = contextForTests();
/** Text, vocabulary, tokens and a teacher: tables that grow and weights that are trained. */
const arena: Arena = arenaOf(context, 'teacher');
const random = new RandomStream(1);

/** One after the other in one store: each is passed by what the ones before left to do. */
const FAULTS = [
  'store.attempt-unnamed:1',
  'table.half-written:2',
  'store.listed:1',
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

    beforeAll(async () => {
      expected = await reference(arena);
    }, 180_000);

    test(
      'at each of some fault points ends with the bytes of a run that was never killed',
      () =>
        inStore(arena, async (store) => {
          for (const harm of FAULTS) {
            const { wasHarmed } = await store.harm(harm, expected.results);
            expect({ harm, wasHarmed }).toEqual({ harm, wasHarmed: true });
          }
          await store.requireDone(expected.results);
        }),
      300_000,
    );

    test('at some random moments does, too', () => {
      const kinds: Harm['kind'][] = ['kill-runner', 'kill-stage', 'interrupt-twice', 'terminate'];
      const next = () => {
        const kind = kinds.shift() as Exclude<Harm['kind'], 'fault'> | undefined;
        return kind && { kind, seconds: 0.5 + random.unit() * expected.seconds * 0.6 };
      };
      return inStore(arena, (store) => untilDone(store, expected, { next }));
    }, 300_000);
  },
);

describe.skipIf(process.platform !== 'linux')('a run that is asked to stop', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s makes a checkpoint, ends with %i, and says where it goes on',
    (signal, exitCode) =>
      inFolder(context.scratchFolder, async (folder) => {
        const settings = ['stages.teacher.with.epochs=60', 'stages.teacher.run.checkpointEverySteps=1000000'];
        const args = [...arena.args, ...settings.flatMap((setting) => ['--set', setting])];
        const first = new RetortProcess({ workspace: context.workspace, store: folder, args });
        await first.until(
          (event) => event.event === 'stage-progress' && event.stage === 'teacher' && event.progress.done > 3,
        );
        const askedAt = performance.now();
        first.signal(signal);
        const stopped = await first.ended;
        expect(stopped).toMatchObject({ exitCode, signal: undefined });
        expect((performance.now() - askedAt) / 1000).toBeLessThan(10);
        expect(stageProcesses(folder)).toEqual([]);

        const second = await new RetortProcess({ workspace: context.workspace, store: folder, args }).ended;
        expect(second.exitCode).toBe(0);
        const said = second.events.find((event) => event.event === 'stage-log' && event.stage === 'teacher');
        const [, step] = /^Resumed from step (\d+) of 180\.$/.exec((said as { message: string }).message) ?? [];
        expect(Number(step)).toBeGreaterThan(3);
        const next = second.events.find((event) => event.event === 'stage-progress' && event.stage === 'teacher');
        expect((next as { progress: { done: number } }).progress.done).toBeGreaterThan(Number(step));
      }),
    120_000,
  );
});

test('every fault point has a name of its own', () => {
  expect(new Set(FAULT_POINTS).size).toBe(FAULT_POINTS.length);
});
