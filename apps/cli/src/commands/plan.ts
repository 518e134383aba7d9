import { planPipeline } from '@retort/pipeline-graph';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import { curvesText } from '../render/curves-text.ts';
import { lockText } from '../render/lock-text.ts';
import { planTable } from '../render/plan-text.ts';
import { warningsText } from '../render/warnings-text.ts';
import { coresFor, type SelectionOptions, type Surroundings } from '../settings.ts';

/** Says what would run and why. Runs nothing. */
export async function plan(
  target: string,
  options: SelectionOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const cores = coresFor(options);
  const opened = await openPipeline(target, options, surroundings);
  const { graph, variant, engine } = opened;
  const planned = await planPipeline(graph, planContext(opened), options);
  const resolved = new Map(graph.stages.map((stage) => [stage.id, stage]));
  const stages = planned.stages.map(({ id, cells, uses, key, status, reason, artifacts, ...more }) => {
    const { estimatedBytes, estimatedPeakMemoryBytes } = more;
    const estimates = { estimatedBytes, estimatedPeakMemoryBytes };
    return {
      id,
      cells,
      uses,
      key,
      status,
      reason,
      ...estimates,
      with: resolved.get(id)?.config,
      warnings: resolved.get(id)?.warnings,
      artifacts,
    };
  });
  const cells = graph.matrix?.cells.map(({ id, values }) => ({ id, values }));
  const matrix = graph.matrix && { axes: graph.matrix.axes, cells };
  out.writeDocument({ pipeline: planned.pipeline, variant, engine, cores, matrix, stages });
  const remark = lockText(opened.code.lockDifferences(), out.errorColors);
  if (remark !== undefined) out.remark(`${remark}\n`);
  const warnings = warningsText(graph.stages, out.colors);
  const texts = [planTable(planned, out.colors), ...curvesText(opened, out.colors), ...(warnings ? [warnings] : [])];
  out.print(texts.join('\n\n'));
  return EXIT.done;
}
