import { expect, test } from 'vitest';
import { diskError } from './disk-error.ts';
import { RetortError } from './errors.ts';

test('a full disk becomes one clear error that keeps its cause', () => {
  const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: '/data/x' });
  const error = diskError(cause, 'publish an artifact') as RetortError;
  expect(error).toMatchObject({ code: 'DISK_FULL', cause });
  expect(error.message).toMatchInlineSnapshot(
    `"Could not publish an artifact at /data/x. The disk is full. Free some space (df -h) or file entries (df -i), or put the store elsewhere with --store."`,
  );
});

test.each([
  ['EROFS', 'DISK_READ_ONLY'],
  ['EACCES', 'DISK_NO_PERMISSION'],
])('%s becomes %s', (code, expected) => {
  expect(diskError(Object.assign(new Error(code), { code }), 'write')).toMatchObject({ code: expected });
});

test('other errors stay as they are', () => {
  for (const error of [new RetortError('ENOSPC', 'ours'), new TypeError('x'), 'text', undefined]) {
    expect(diskError(error, 'write')).toBe(error);
  }
});
