import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { executionsOf, explainPlan, nearestRecords, type StageExplanation } from '@retort/pipeline-comparison';
import { isNamed, type ModuleDigests, planPipeline } from '@retort/pipeline-graph';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRunOrCell } from '../find-columns.ts';
import { readManifest } from '../find-run.ts';
import { type OpenPipeline, openPipeline, planContext } from '../open-pipeline.ts';
import { explanationsText } from '../render/explanation-text.ts';
import type { PipelineOptions, Surroundings } from '../settings.ts';

interface ExplainOptions extends PipelineOptions {
  /** Run, or `run@cell`, that every stage is compared with, instead of the most similar time it ran. */
  readonly against?: string;
}

/** Says for each stage, or for one, why it would run or not, and what differs from an earlier time. Runs nothing. */
export async function explain(
  target: string,
  stage: string | undefined,
  options: ExplainOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const opened = await openPipeline(target, options, surroundings);
  const context = planContext(opened);
  const plan = await planPipeline(opened.graph, context);
  const ids = plan.stages.map(({ id }) => id);
  if (stage !== undefined && !ids.some((id) => isNamed(id, stage)))
    throw new UsageError('PLAN_UNKNOWN_STAGE', `The pipeline has no stage "${stage}".${suggestion(stage, ids)}`);
  const { against } = options;
  const found = against === undefined ? undefined : await findRunOrCell(against, opened.store, surroundings.cwd);
  const manifest = found?.manifest;
  const explained = await explainPlan({
    graph: opened.graph,
    plan,
    context,
    executions: manifest === undefined ? nearestRecords(opened.store, plan.pipeline) : executionsOf(manifest),
    comparesCached: manifest !== undefined,
    modulesOf: async (digest, run) => manifest?.code?.[digest] ?? modulesOf(digest, run, opened),
  });
  const chosen = explained.filter(({ id }) => stage === undefined || isNamed(id, stage));
  out.writeDocument({
    pipeline: plan.pipeline,
    ...(manifest !== undefined && { against: manifest.run }),
    explanations: chosen.map(explanationDocument),
  });
  out.print(explanationsText(chosen, out.colors));
  return EXIT.done;
}

/** What a stage's code was made of: from beside the bundle where it was made here, else from the manifest of the run. */
async function modulesOf(
  digest: string,
  run: string | undefined,
  { code, store }: OpenPipeline,
): Promise<ModuleDigests | undefined> {
  const here = await code.modulesOf(digest);
  if (here !== undefined || run === undefined) return here;
  return (await readManifest(store, run))?.code?.[digest];
}

function explanationDocument({ comparedWith, ...explanation }: StageExplanation): unknown {
  if (comparedWith === undefined) return explanation;
  const { key, keyDocument, run } = comparedWith;
  const compared = { comparedWith: key, comparedKeyDocument: keyDocument };
  return { ...explanation, ...compared, ...(run !== undefined && { comparedRun: run }) };
}
