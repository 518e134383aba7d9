import { expect, test } from 'vitest';
import { readCards } from './graphics-cards.ts';

test('reads what nvidia-smi lists, one card a line', () => {
  expect(readCards('NVIDIA H100 80GB HBM3, 81559, 550.54.15\nTesla T4, 15360, 535.1\n')).toEqual([
    { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81_559 * 1024 ** 2, driver: '550.54.15' },
    { name: 'Tesla T4', memoryBytes: 15_360 * 1024 ** 2, driver: '535.1' },
  ]);
});

test('leaves out what is no card', () => {
  expect(readCards('')).toEqual([]);
  expect(readCards('No devices were found\n')).toEqual([]);
  expect(readCards('Tesla T4, [N/A], 535.1\n')).toEqual([]);
});
