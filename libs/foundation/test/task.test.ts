import { isComparableTask, isSameTask, outputsOfTask, REGRESSION, type Task, taskText } from '@retort/foundation/task';
import { expect, it } from 'vitest';

const classes: Task = { kind: 'classes', labels: ['no', 'yes'] };
const turned: Task = { kind: 'classes', labels: ['yes', 'no'] };
const several: Task = { kind: 'multi-label', labels: ['no', 'yes'] };
const TASKS = [classes, turned, several, REGRESSION];

it('tasks are the same in kind and order, and comparable in kind and names', () => {
  const pairs = (relation: typeof isComparableTask) =>
    TASKS.map((a) => TASKS.map((b) => (relation(a, b) ? 1 : 0)).join(''));
  expect(pairs(isSameTask)).toEqual(['1000', '0100', '0010', '0001']);
  expect(pairs(isComparableTask)).toEqual(['1100', '1100', '0010', '0001']);
  expect([isSameTask(undefined, undefined), isSameTask(classes, undefined)]).toEqual([true, false]);
});

it('a task says how many outputs it takes, and what answers to it are', () => {
  expect(TASKS.map(outputsOfTask)).toEqual([2, 2, 2, 1]);
  expect(TASKS.map(taskText)).toEqual([
    'one of "no", "yes"',
    'one of "yes", "no"',
    'any number of "no", "yes"',
    'a number (regression)',
  ]);
});
