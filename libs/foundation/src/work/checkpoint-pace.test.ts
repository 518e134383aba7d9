import { expect, test } from 'vitest';
import { CheckpointPace } from './checkpoint-pace.ts';

test('a checkpoint is due after so many seconds, if there is anything new', () => {
  const pace = new CheckpointPace({ everySeconds: 30 }, 100);
  expect(pace.isDue(5, 129)).toBe(false);
  expect(pace.isDue(5, 130)).toBe(true);
  pace.saved(5, { from: 130, to: 130.5 });
  expect(pace.isDue(5, 200)).toBe(false);
  expect(pace.isDue(6, 160)).toBe(false);
  expect(pace.isDue(6, 160.5)).toBe(true);
});

test('or after so many steps, whatever the time', () => {
  const pace = new CheckpointPace({ everySeconds: 1000, everySteps: 10 }, 0);
  pace.resumed(7, 0);
  expect(pace.isDue(16, 1)).toBe(false);
  expect(pace.isDue(17, 1)).toBe(true);
});

test('one that takes long is made more rarely: at most a twentieth of the time goes into them', () => {
  const pace = new CheckpointPace({ everySeconds: 30 }, 0);
  pace.saved(1, { from: 30, to: 35 });
  expect(pace.isDue(2, 35 + 99)).toBe(false);
  expect(pace.isDue(2, 35 + 100)).toBe(true);
});
