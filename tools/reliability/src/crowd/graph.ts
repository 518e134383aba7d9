import type { PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import { defineStage } from '@retort/plugin-kit';

const TEXT = { type: 'text', description: 'Text' } as const;
const INPUT = { types: ['text'], description: 'Text', optional: true } as const;

const definition = defineStage()({
  kind: 'count',
  version: 1,
  description: 'Writes down that it was executed',
  configSchema: { type: 'object' },
  inputs: { left: INPUT, right: INPUT },
  outputs: () => ({ text: TEXT }),
  usesEngine: false,
  usesSeed: false,
  module: '@crowd/stages/count',
});

/** Name -> the stages that it needs. Some can run side by side, and each of the later ones needs several. */
const SHAPE: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: [],
  c: [],
  d: ['a', 'b'],
  e: ['b', 'c'],
  f: ['d', 'e'],
};

export const STAGES: readonly string[] = Object.keys(SHAPE);

/** @param executions  file in which stages write down that they begin and end */
export function crowdGraph(executions: string, milliseconds: number): PipelineGraph {
  const stages = Object.entries(SHAPE).map(([name, before]): ResolvedStage => {
    const [left, right] = before;
    return {
      id: name,
      definition,
      config: { name, executions, milliseconds },
      seed: 1,
      run: { retries: 0 },
      inputs: {
        ...(left !== undefined && { left: { kind: 'stage', stage: left, port: 'text' } as const }),
        ...(right !== undefined && { right: { kind: 'stage', stage: right, port: 'text' } as const }),
      },
      outputs: { text: TEXT },
      facts: {},
    };
  });
  return { name: 'crowd', description: 'Many at once', file: 'crowd.pipeline.json', params: {}, stages, results: [] };
}
