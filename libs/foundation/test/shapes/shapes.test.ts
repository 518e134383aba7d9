import { assertShapes } from '@retort/foundation/shapes';
import { expect, test } from 'vitest';

test('sizes of named axes come back', () => {
  expect(
    assertShapes('f', { a: [{ shape: [2, 3] }, ['batch', 'width']], b: [{ shape: [3, 5] }, ['width', 5]] }),
  ).toEqual({ batch: 2, width: 3 });
});

test('a misfit names function, tensor, expected and got', () => {
  const misfit = () =>
    assertShapes('attentionLoss', {
      student: [{ shape: [2, 3] }, ['batch', 'width']],
      teacher: [{ shape: [2, 4] }, ['batch', 'width']],
    });
  expect(misfit).toThrowErrorMatchingInlineSnapshot(
    `[RetortError: attentionLoss: teacher must be [batch=2, width=3], got [2, 4].]`,
  );
  expect(() => assertShapes('f', { a: [{ shape: [2] }, ['batch', 'width']] })).toThrow(
    'must be [batch, width], got [2]',
  );
});
