import { dirname, join } from 'node:path';
import {
  type Diagnostic,
  formatDiagnostic,
  InvalidInputError,
  printable,
  UsageError,
} from '@retort/foundation/diagnostics';
import type { PipelineGraph } from '@retort/pipeline-graph';
import { axisOfVariants, listPipelines } from '@retort/pipeline-schema';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openPipeline } from '../open-pipeline.ts';
import { type PipelineOptions, requireWorkspace, type Surroundings } from '../settings.ts';

interface Verdict {
  readonly pipeline: string;
  readonly file?: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** A pipeline that is made to be given paths is not wrong: naming it without them is. */
const NEEDS_PARAM = 'PIPELINE_PARAM_MISSING';

/** Lists every problem of the named pipelines, or of all in the workspace. */
export async function validate(
  targets: readonly string[],
  options: PipelineOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const verdicts: Verdict[] = [];
  for (const target of await named(targets, surroundings)) {
    const verdict = await check(target, options, surroundings);
    const needsParams = targets.length === 0 && verdict.diagnostics.every(({ code }) => code === NEEDS_PARAM);
    verdicts.push({ ...verdict, valid: verdict.valid || needsParams });
  }
  const valid = verdicts.every((verdict) => verdict.valid);
  out.writeDocument({ valid, pipelines: verdicts });
  for (const verdict of verdicts) out.print(verdictText(verdict, out));
  return valid ? EXIT.done : EXIT.usage;
}

async function named(targets: readonly string[], surroundings: Surroundings): Promise<readonly string[]> {
  if (targets.length > 0) return targets;
  const folder = join(requireWorkspace(surroundings), 'pipelines');
  const all = await listPipelines(folder);
  if (all.length === 0)
    throw new UsageError('USAGE_NO_PIPELINES', `There are no pipeline files in ${folder}. Name the file to check.`);
  return all.map(({ name }) => name);
}

async function check(target: string, options: PipelineOptions, surroundings: Surroundings): Promise<Verdict> {
  try {
    const { graph, variant } = await openPipeline(target, options, surroundings);
    const diagnostics = variant === undefined ? await checkVariants(graph, target, options, surroundings) : [];
    return { pipeline: graph.name, file: graph.file, valid: diagnostics.length === 0, diagnostics };
  } catch (error) {
    if (error instanceof InvalidInputError) return { pipeline: target, valid: false, diagnostics: error.diagnostics };
    if (error instanceof UsageError)
      return { pipeline: target, valid: false, diagnostics: [{ code: error.code, message: error.message }] };
    throw error;
  }
}

/** What is wrong only once a variant is chosen: the file itself was found to be right. None can be where they are cells. */
async function checkVariants(
  { name, file, matrix }: PipelineGraph,
  target: string,
  options: PipelineOptions,
  surroundings: Surroundings,
): Promise<Diagnostic[]> {
  if (axisOfVariants(matrix?.axes ?? []) !== undefined) return [];
  const listed = (await listPipelines(dirname(file))).find((pipeline) => pipeline.name === name);
  const diagnostics: Diagnostic[] = [];
  for (const variant of listed?.variants ?? []) {
    const problems = await openPipeline(target, { ...options, variant }, surroundings).then(
      () => [],
      (error: unknown) => {
        if (error instanceof InvalidInputError) return error.diagnostics;
        throw error;
      },
    );
    diagnostics.push(
      ...problems.map((problem) => ({ ...problem, message: `Variant "${variant}": ${problem.message}` })),
    );
  }
  return diagnostics;
}

function verdictText({ pipeline, valid, diagnostics }: Verdict, { colors }: Console): string {
  const head = `${valid ? colors.green('✓') : colors.red('✗')} ${printable(pipeline)}`;
  if (diagnostics.length === 0) return head;
  const remark = valid
    ? 'valid once these have a value'
    : `${diagnostics.length} ${diagnostics.length === 1 ? 'problem' : 'problems'}`;
  return `${head}  ${remark}\n\n${diagnostics.map(formatDiagnostic).join('\n\n')}\n`;
}
