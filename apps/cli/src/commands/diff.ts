import { comparePlans, identifyStages, type PlanSide } from '@retort/pipeline-comparison';
import { inSingleCell, planPipeline } from '@retort/pipeline-graph';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import { planDifferenceText } from '../render/plan-difference-text.ts';
import type { PipelineOptions, Surroundings } from '../settings.ts';

/** Puts two pipelines, variants of one, or cells of a matrix side by side: what differs, and which work they share. Runs nothing. */
export async function diff(
  first: string,
  second: string,
  options: PipelineOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const sides = [await openSide(first, options, surroundings), await openSide(second, options, surroundings)] as const;
  const stages = comparePlans(...sides);
  out.writeDocument({ first, second, stages });
  out.print(planDifferenceText({ first, second, stages }, out.colors));
  return EXIT.done;
}

async function openSide(target: string, options: PipelineOptions, surroundings: Surroundings): Promise<PlanSide> {
  const opened = await openPipeline(target, options, surroundings);
  const graph = inSingleCell(opened.graph);
  return {
    plan: await planPipeline(graph, planContext(opened)),
    stages: await identifyStages(graph, opened),
  };
}
