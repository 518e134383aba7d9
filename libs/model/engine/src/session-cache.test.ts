import { expect, it } from 'vitest';
import { SessionCache } from './session-cache.ts';

function recording(budget: number) {
  const events: string[] = [];
  const cache = new SessionCache<string>({
    budget,
    release: async (value) => {
      events.push(`release ${value}`);
    },
  });
  const get = (key: string, cost = 1) =>
    cache.get(key, async () => ({
      cost,
      create: async () => {
        events.push(`create ${key}`);
        return key;
      },
    }));
  return { cache, events, get };
}

it('creates a value once', async () => {
  const { get, events } = recording(2);
  expect(await get('a')).toBe('a');
  expect(await get('a')).toBe('a');
  expect(events).toEqual(['create a']);
});

it('releases what was unused for longest, before the new one is created', async () => {
  const { get, events } = recording(2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
  expect(events).toEqual(['create a', 'create b', 'release b', 'create c', 'release c', 'create b']);
});

it('counts costs, and releases as many as it must', async () => {
  const { get, events } = recording(10);
  for (const [key, cost] of [
    ['a', 4],
    ['b', 4],
    ['c', 7],
  ] as const)
    await get(key, cost);
  expect(events).toEqual(['create a', 'create b', 'release a', 'release b', 'create c']);
});

it('keeps one that is larger than the budget', async () => {
  const { get, events } = recording(10);
  await get('large', 50);
  await get('large', 50);
  expect(events).toEqual(['create large']);
});

it('forgets a value whose creation failed', async () => {
  const { cache, get, events } = recording(1);
  const failing = cache.get('a', async () => ({ cost: 1, create: () => Promise.reject(new Error('no memory')) }));
  await expect(failing).rejects.toThrow('no memory');
  await get('a');
  expect(events).toEqual(['create a']);
});

it('releases everything at the end', async () => {
  const { cache, get, events } = recording(2);
  await get('a');
  await get('b');
  await cache.clear();
  await cache.clear();
  expect(events.slice(2)).toEqual(['release a', 'release b']);
});
