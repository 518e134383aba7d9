import { expect, test } from 'vitest';
import { PIPELINE_ATTEMPTS } from '../src/hostile/attempts.ts';
import { hostile } from '../src/hostile/index.ts';
import { withinLimits } from '../src/hostile/within-limits.ts';
import { contextForTests, expectHeld } from './support.ts';

const context = contextForTests();

/** Stores, models and manifests take some seconds each: some of them here, all of them in the suite. */
const SAMPLE: ReadonlySet<string> = new Set([
  ...PIPELINE_ATTEMPTS.map(({ name }) => name),
  'a store whose attempts are a link',
  'a store with an artifact whose file is a link',
  'a store whose listing names files outside',
  'a planted record with outputs null',
  'a model whose configuration is a link to a device',
  'a model with terminal escapes in its labels',
  'a manifest with terminal escapes everywhere',
  'a manifest with terminal escapes everywhere but in its settings',
  'a manifest whose input is a device',
  'a hub with a file without end',
  'a hub with a page at another host',
]);

const cases = hostile.cases(context).filter(({ name }) => SAMPLE.has(name));

test('the sample has what it names', () => {
  expect(cases).toHaveLength(SAMPLE.size);
});

test.each(cases)('$name', (each) => expectHeld([each]), 300_000);

/** A sample; the whole is a command of its own. */
test.each([
  ['damaged Arrow tables are read or refused', 60],
  ['damaged Parquet and Arrow tables of other tools are read or refused', 150],
  ['texts that patterns stumble over are read or refused', 16],
  ['damaged model folders are read or refused', 150],
  ['damaged pipeline files are planned or refused', 60],
])(
  '%s',
  async (name, rounds) => {
    const [each] = hostile.cases({ ...context, rounds }).filter((one) => one.name === name);
    expect(await each?.run()).toBe(`${rounds} rounds`);
  },
  120_000,
);

test('what takes too long, too much, or fails in another way than ours is seen', async () => {
  const busy = async () => {
    for (const until = performance.now() + 50; performance.now() < until; );
  };
  expect(await withinLimits(busy, { seconds: 0.01, megabytes: 1024 })).toMatch(/^it took 0\.\d s$/);
  let kept: Buffer | undefined;
  const large = async () => (kept = Buffer.alloc(64 << 20, 1));
  expect(await withinLimits(large, { seconds: 10, megabytes: 16 })).toMatch(/^it took \d+ MB$/);
  expect(kept).toHaveLength(64 << 20);
  const raw = () => Promise.reject(new RangeError('Invalid array length'));
  expect(await withinLimits(raw, { seconds: 10, megabytes: 1024 })).toContain('RangeError: Invalid array length');
});
