import { expect, it } from 'vitest';
import { topologicalOrder } from './topological-order.ts';

it('keeps the given order where nothing decides, and puts what is needed right before', () => {
  const needs: Record<string, string[]> = { a: ['d'], b: [], c: [], d: ['c'] };
  expect(topologicalOrder(['a', 'b', 'c', 'd'], (node) => needs[node] ?? [])).toEqual({
    order: ['c', 'd', 'a', 'b'],
    cycles: [],
  });
});

it('finds each circle and still orders the rest', () => {
  const needs: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['b'], d: ['d', 'a'] };
  expect(topologicalOrder(['a', 'b', 'c', 'd'], (node) => needs[node] ?? [])).toEqual({
    order: ['c', 'b', 'a', 'd'],
    cycles: [
      ['b', 'c', 'b'],
      ['d', 'd'],
    ],
  });
});

it('asks for each node once, in a chain of any length', () => {
  const length = 200_000;
  let asked = 0;
  const { order } = topologicalOrder(['0'], (node) => {
    asked++;
    return Number(node) + 1 < length ? [String(Number(node) + 1)] : [];
  });
  expect([order.length, order[0], asked]).toEqual([length, String(length - 1), length]);
});
