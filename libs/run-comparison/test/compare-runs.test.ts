import type { RunManifest } from '@retort/pipeline-runner';
import { compareRuns } from '@retort/run-comparison';
import { expect, test } from 'vitest';

function manifest(run: string, weight: number, status: 'ran' | 'cached'): RunManifest {
  const keyed = (id: string, key: string, config: unknown) => ({
    id,
    key,
    uses: id,
    status,
    seconds: status === 'ran' ? 5 : 0,
    outputs: { out: { digest: key, bytes: 10 } },
    metrics: { loss: weight },
    keyDocument: { uses: id, with: config, inputs: { data: key }, outputs: ['out'] },
  });
  const stages = [keyed('corpus', 'k1', { size: 1 }), keyed('train', `k-${weight}`, { loss: { weight } })];
  const pipeline = { name: 'p', stages: [] };
  return { run, status: 'done', pipeline, versions: {}, hardware: {}, stages } as unknown as RunManifest;
}

const compare = () =>
  compareRuns([
    { manifest: manifest('a', 1, 'ran'), secondsOfWork: {} },
    { manifest: manifest('b', 0, 'cached'), secondsOfWork: { corpus: 5 } },
  ]);

test('settings are listed where they differ, and never the bytes of inputs', () => {
  const settings = compare().rows.filter(({ section }) => section === 'setting');
  expect(settings).toEqual([{ section: 'setting', stage: 'train', name: 'with.loss.weight', values: [1, 0] }]);
});

test('a cached stage has the time of its work, or none where that is not known', () => {
  const seconds = compare().rows.filter(({ section }) => section === 'seconds');
  expect(seconds.map(({ stage, values }) => [stage, ...values])).toEqual([
    ['corpus', 5, 5],
    ['train', 5, undefined],
  ]);
});

test('the same key is shared work', () => {
  const { shared, rows } = compare();
  expect(shared).toEqual(['corpus']);
  expect(rows.filter(({ section }) => section === 'work').map(({ values }) => values)).toEqual([
    [1, 1],
    [1, 2],
  ]);
});
