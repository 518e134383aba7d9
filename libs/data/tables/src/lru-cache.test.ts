import { expect, it } from 'vitest';
import { LruCache } from './lru-cache.ts';

it('drops what was used longest ago and stays within its limit', () => {
  const made: string[] = [];
  const cache = new LruCache<string, string>(3, (value) => value.length);
  const get = (key: string) =>
    cache.get(key, () => {
      made.push(key);
      return key;
    });
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) get(key);
  expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
  expect(cache.size).toBe(3);
  get('larger than all');
  expect(cache.size).toBe('larger than all'.length);
});
