import { compareRuns, type Tolerance } from '@retort/pipeline-comparison';
import type { RunManifest } from '@retort/pipeline-runner';
import { describe, expect, test } from 'vitest';

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

describe('the agreement of engines', () => {
  const source = (stage: string) => ({ kind: 'stage', stage, port: 'out' });
  const onEngine = (engine: string, loss: number, { rows = 1, weight = 1 } = {}): RunManifest => {
    const settled = (id: string, config: unknown, metrics: object) => ({
      id,
      key: `${id} ${engine} ${JSON.stringify(config)}`,
      status: 'ran',
      outputs: {},
      metrics,
      keyDocument: { uses: id, with: config, engine, inputs: {}, outputs: ['out'] },
    });
    const described = (id: string, inputs: object) => ({ id, with: {}, seed: 1, inputs });
    return {
      run: engine,
      status: 'done',
      engine,
      pipeline: {
        name: 'p',
        stages: [described('corpus', {}), described('teacher', { text: source('corpus') }), described('other', {})],
      },
      versions: {},
      hardware: {},
      stages: [
        settled('corpus', { rows }, {}),
        settled('teacher', { weight }, { loss, steps: 4 }),
        settled('other', {}, { loss: 3 }),
      ],
    } as unknown as RunManifest;
  };
  const agreement = (manifests: readonly RunManifest[], tolerance?: Tolerance) =>
    compareRuns(
      manifests.map((each) => ({ manifest: each, secondsOfWork: {} })),
      tolerance,
    );

  test('is measured from the first run, over all others, and held to a tolerance', () => {
    const runs = [onEngine('cpu', 2), onEngine('wasm', 2.0001), onEngine('onnx', 2.02)];
    const { rows, agreement: found } = agreement(runs, { absolute: 0, relative: 0.001 });
    expect(found?.engines).toEqual(['cpu', 'wasm', 'onnx']);
    expect(found?.metrics.map(({ stage, name, isWithin }) => [stage, name, isWithin])).toEqual([
      ['teacher', 'loss', false],
      ['teacher', 'steps', true],
      ['other', 'loss', true],
    ]);
    expect(found?.metrics[0]?.absolute).toBeCloseTo(0.02, 12);
    expect(found?.metrics[0]?.relative).toBeCloseTo(0.02 / 2.02, 12);
    const row = rows.find(({ section, stage }) => section === 'agreement' && stage === 'teacher');
    expect(row?.values).toEqual([0, expect.closeTo(0.0001 / 2.0001, 12), expect.closeTo(0.02 / 2.02, 12)]);
    expect(agreement(runs).agreement?.metrics.every(({ isWithin }) => isWithin)).toBe(true);
  });

  test('says nothing of a stage that differs in more than the engine, itself or before it', () => {
    const { agreement: before } = agreement([onEngine('cpu', 2), onEngine('wasm', 2, { rows: 2 })]);
    expect(before?.notCompared).toEqual([{ stage: 'teacher', differences: ['corpus with.rows'] }]);
    expect(before?.metrics.map(({ stage }) => stage)).toEqual(['other']);
    const { agreement: own } = agreement([onEngine('cpu', 2), onEngine('wasm', 2, { weight: 0 })]);
    expect(own?.notCompared).toEqual([{ stage: 'teacher', differences: ['teacher with.weight'] }]);
  });

  test('is of no interest between runs of one engine, and a number that is not finite never agrees', () => {
    expect(agreement([onEngine('cpu', 2), onEngine('cpu', 3, { weight: 0 })])).not.toHaveProperty('agreement');
    const [loss] = agreement([onEngine('cpu', 2), onEngine('wasm', Number.NaN)]).agreement?.metrics ?? [];
    expect(loss).toMatchObject({ name: 'loss', isWithin: false });
  });
});
