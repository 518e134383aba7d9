import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Case,
  type Experiment,
  experimentOf,
  runLab,
  type Suite,
  type SuiteContext,
  skip,
  suiteOptions,
} from '@retort/lab';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const workspace = join(import.meta.dirname, '../../..');
const folders: string[] = [];

const cases: readonly Case[] = [
  { name: 'holds', run: async () => 'seen' },
  { name: 'does not hold', run: async () => Promise.reject(new Error('two are three')) },
  { name: 'needs a moon', run: async () => skip('there is no moon') },
];
const suite: Suite = {
  name: 'tried',
  description: 'Three ends',
  cases: ({ scratchFolder }) => {
    folders.push(scratchFolder);
    return cases;
  },
};
const broken: Experiment<SuiteContext> = {
  name: 'broken',
  description: 'Cannot be carried out',
  measure: () => Promise.reject(new Error('no room')),
};

let printed: string[];
let said: string[];
beforeEach(() => {
  [printed, said] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void said.push(text));
});
afterEach(() => vi.restoreAllMocks());

function lab(...args: string[]): Promise<number> {
  const command = suiteOptions(new Command('lab'));
  return runLab({ command, noun: 'suite', experiments: [experimentOf(suite), broken] }, workspace, args);
}

test('what does not hold is counted, shown with its reason, and decides the exit code', async () => {
  expect(await lab()).toBe(1);
  const [text = ''] = printed;
  expect(text).toMatch(/^processor: +\S/);
  expect(text).toMatch(/^vector extensions: /m);
  const shown = text.slice(text.indexOf('\n\n') + 2).replaceAll(/\d\.\d s/g, '0.0 s');
  expect(shown).toMatchInlineSnapshot(`
    "tried: Three ends (1 of 3 held in 0.0 s)
      ✗ does not hold: two are three
      – needs a moon: there is no moon

    broken: Cannot be carried out (measured in 0.0 s)
    failed: no room

    1 passed, 2 failed, 1 skipped"
  `);
  expect(said.map((line) => line.split('  ')[0])).toEqual([
    'running tried',
    'held',
    'failed',
    'skipped',
    'running broken',
  ]);
});

test('--json prints the same as one document, with the options that were given', async () => {
  expect(await lab('tried', '--case', 'holds', '--seed', '7', '--json')).toBe(0);
  expect(JSON.parse(printed.join())).toMatchObject({
    surroundings: { node: process.versions.node },
    options: { case: 'holds', seed: 7 },
    experiments: [{ name: 'tried', outcomes: [{ name: 'holds', status: 'held', detail: 'seen' }] }],
    counts: { passed: 1, failed: 0, skipped: 0 },
  });
});

test('--list names the experiments, or the cases of those that are named, and runs none', async () => {
  expect(await lab('--list')).toBe(0);
  expect(await lab('tried', '--list', '--case', 'hold')).toBe(0);
  expect(printed.join('\n').split(/\n| {2,}/)).toEqual([
    'tried',
    'Three ends',
    'broken',
    'Cannot be carried out',
    'tried: holds',
    'tried: does not hold',
  ]);
  expect(said).toEqual([]);
});

test.each([
  [['tryed'], 'SUITE_UNKNOWN', 'There is no suite "tryed". Did you mean "tried"?'],
  [['--case', 'sun'], 'SUITE_CASE_UNKNOWN', 'No case of tried, broken has "sun" in its name.'],
])('%j is refused before anything runs', async (args, code, message) => {
  expect(await lab(...args)).toBe(2);
  expect(said.join('\n')).toContain(`${code}\n  ${message}`);
  expect(printed).toEqual([]);
});

test('a case that would begin too late is skipped, and says so', async () => {
  const slow: Suite = {
    ...suite,
    cases: () => [{ name: 'slow', run: () => new Promise((resolve) => setTimeout(resolve, 1100)) }, ...cases],
  };
  const command = suiteOptions(new Command('lab'));
  const experiments = [experimentOf(slow)];
  expect(await runLab({ command, noun: 'suite', experiments }, workspace, ['--seconds', '1', '--json'])).toBe(0);
  const [{ outcomes }] = JSON.parse(printed.join()).experiments;
  expect(outcomes.map(({ status, detail }: { status: string; detail?: string }) => detail ?? status)).toEqual([
    'held',
    'no time left',
    'no time left',
    'no time left',
  ]);
});

test('the folder of an experiment goes away with what is in it', async () => {
  const writes: Suite = {
    ...suite,
    cases: ({ scratchFolder }) => [
      { name: 'writes', run: async () => writeFileSync(join(scratchFolder, 'file'), scratchFolder) },
      { name: 'reads', run: async () => (existsSync(join(scratchFolder, 'file')) ? scratchFolder : skip('gone')) },
    ],
  };
  const command = suiteOptions(new Command('lab'));
  await runLab({ command, noun: 'suite', experiments: [experimentOf(writes)] }, workspace, ['--json']);
  const [{ outcomes }] = JSON.parse(printed.join()).experiments;
  expect(outcomes[1]).toMatchObject({ status: 'held', detail: expect.stringContaining('retort-tried-') });
  expect(existsSync(outcomes[1].detail)).toBe(false);
});
