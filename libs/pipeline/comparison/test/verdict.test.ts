import { type ArtifactMeasurement, DEFAULT_TOLERANCES, judgeStages, overallVerdict } from '@retort/pipeline-comparison';
import type { PipelineGraph } from '@retort/pipeline-graph';
import type { ManifestStage, RunManifest } from '@retort/pipeline-runner';
import type { OutputPort } from '@retort/plugin-kit';
import { expect, test } from 'vitest';

/** teacher -> signals -> student, and a report of times. */
const OUTPUTS: Readonly<Record<string, Readonly<Record<string, OutputPort>>>> = {
  teacher: { model: { type: 'model', description: 'It teaches' } },
  signals: { signals: { type: 'signals', description: 'Its answers' } },
  student: {
    student: { type: 'model', description: 'It learns' },
    speed: { type: 'report', description: 'Times', isMeasured: true },
  },
};

const graph = {
  stages: Object.entries(OUTPUTS).map(([id, outputs], index) => {
    const before = Object.keys(OUTPUTS)[index - 1];
    const inputs = before === undefined ? {} : { input: { kind: 'stage', stage: before, port: before } };
    return { id, definition: { kind: id }, inputs, outputs };
  }),
} as unknown as PipelineGraph;

interface Came {
  readonly digests?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failed?: string;
  readonly processor?: string;
}

function manifest({ digests = {}, metrics = {}, failed, processor = 'one' }: Came = {}): RunManifest {
  const stages = Object.entries(OUTPUTS).map(([id, outputs]): ManifestStage => {
    const status = id === failed ? 'failed' : 'ran';
    const artifacts = Object.keys(outputs).map((port) => [
      port,
      { digest: digests[port] ?? `${port} bytes`, bytes: 1 },
    ]);
    return {
      id,
      uses: id,
      reason: '',
      status,
      seconds: 1,
      outputs: Object.fromEntries(artifacts),
      metrics: metrics[id] ?? {},
    };
  });
  const hardware = { processor, platform: 'linux x64', logicalCores: 2, memoryBytes: 1 };
  return { versions: { node: 'v20' }, hardware, stages } as unknown as RunManifest;
}

function judge(
  original: RunManifest,
  again: RunManifest,
  measured: Readonly<Record<string, ArtifactMeasurement>> = {},
) {
  const measurementOf = (stage: string, port: string) => measured[`${stage}.${port}`];
  const stages = judgeStages({ original, again, graph, measurementOf, tolerances: DEFAULT_TOLERANCES });
  return { verdicts: stages.map(({ verdict }) => verdict), overall: overallVerdict(stages, graph), stages };
}

const close = (tolerance: 'weights' | 'signals'): ArtifactMeasurement => ({
  tolerance,
  parts: [{ name: 'w', absolute: 1e-5, relative: 1e-4 }],
  problems: [],
});

test('the same bytes are identical, whatever was measured in times', () => {
  expect(judge(manifest(), manifest({ digests: { speed: 'other' } }))).toMatchObject({
    verdicts: ['identical', 'identical', 'identical'],
    overall: 'identical',
  });
});

test('other bytes whose numbers are close are within tolerance', () => {
  const again = manifest({ digests: { model: 'other', signals: 'other' } });
  const measured = { 'teacher.model': close('weights'), 'signals.signals': close('signals') };
  expect(judge(manifest(), again, measured)).toMatchObject({
    verdicts: ['within-tolerance', 'within-tolerance', 'identical'],
    overall: 'within-tolerance',
  });
});

test('what cannot be subtracted is different, and so is a metric that is far off', () => {
  const again = manifest({ digests: { model: 'other' } });
  const broken = { ...close('weights'), problems: ['w had the shape [2] and has [3]'] };
  expect(judge(manifest(), again, { 'teacher.model': broken }).overall).toBe('different');
  const [before, after] = [
    manifest({ metrics: { teacher: { loss: 1 } } }),
    manifest({ metrics: { teacher: { loss: 2 } } }),
  ];
  expect(judge(before, after).verdicts[0]).toBe('different');
});

test('without the original, metrics decide; a stage without any is vouched for by one after it', () => {
  const metrics = { teacher: { loss: 1 }, student: { loss: 2 } };
  const again = manifest({ digests: { model: 'a', signals: 'b', student: 'c' }, metrics });
  expect(judge(manifest({ metrics }), again)).toMatchObject({
    verdicts: ['within-tolerance', 'unmeasured', 'within-tolerance'],
    overall: 'within-tolerance',
  });
  const far = manifest({ digests: { signals: 'b', student: 'c' }, metrics: { ...metrics, student: { loss: 9 } } });
  expect(judge(manifest({ metrics }), far)).toMatchObject({
    verdicts: ['identical', 'unmeasured', 'different'],
    overall: 'different',
  });
});

test('a stage that failed is different, one that was not reached is not compared', () => {
  const { stages } = judge(manifest(), manifest({ failed: 'signals', processor: 'another' }));
  expect(stages[1]?.verdict).toBe('different');
  expect(stages[0]?.provenance).toEqual([{ path: 'hardware.processor', before: 'one', after: 'another' }]);
});
