import { type RunEvent, runPlan } from '@retort/pipeline-runner';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import { runLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Interruption, listenForInterruption } from '../interruption.ts';
import { nextSteps } from '../next-steps.ts';
import { type OpenPipeline, openPipeline } from '../open-pipeline.ts';
import { reportsText } from '../read-reports.ts';
import { failuresText } from '../render/failures-text.ts';
import { lockText } from '../render/lock-text.ts';
import { isManyCells, matrixText } from '../render/matrix-text.ts';
import { planSummary } from '../render/plan-text.ts';
import { createProgressDisplay, type ProgressDisplay } from '../render/progress-display.ts';
import { remarkRefusals } from '../render/refusals-text.ts';
import { resultsText } from '../render/results-text.ts';
import { formatDuration } from '../render/units.ts';
import { warningsText } from '../render/warnings-text.ts';
import { coresFor, defaultJobs, type RunOptions, type Surroundings } from '../settings.ts';

const STOPPING = 'Stopping after the current step of each stage. Press again to stop at once.';

type RunFinished = Extract<RunEvent, { event: 'run-finished' }>;

/** Runs a pipeline and says what came out of it. */
export async function run(
  target: string,
  options: RunOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const opened = await openPipeline(target, options, surroundings);
  const display = createProgressDisplay({ stream: out.stderr, colors: out.errorColors });
  const interruption = listenForInterruption(() => display.remark(out.errorColors.yellow(STOPPING)));
  try {
    const finished = await execute(opened, options, { out, display, interruption }).finally(display.close);
    remarkRefusals(opened.store, out);
    const resume = runLine(
      { file: opened.graph.file, variant: opened.variant, args: resumeArguments(options, opened.cells) },
      surroundings,
    );
    if (finished.status !== 'done' && finished.matrix !== undefined)
      out.print(`\n${matrixText(finished.matrix, out.colors)}`);
    if (finished.status === 'interrupted') return interrupted(resume, interruption.exitCode() ?? EXIT.terminated, out);
    if (finished.status === 'failed') return failed(finished, resume, out);
    out.print(await doneText(opened, finished, { options, surroundings, out }));
    return EXIT.done;
  } finally {
    interruption.close();
  }
}

async function execute(
  opened: OpenPipeline,
  options: RunOptions,
  { out, display, interruption }: { out: Console; display: ProgressDisplay; interruption: Interruption },
): Promise<RunFinished> {
  const { graph, store, digests, code, engine } = opened;
  const cores = coresFor(options);
  let finished: RunFinished | undefined;
  const onEvent = (event: RunEvent) => {
    out.writeJsonLine(event);
    if (event.event === 'run-started') {
      const remark = lockText(code.lockDifferences(), out.errorColors);
      out.remark(`${[remark, planSummary(event.plan, out.errorColors)].filter(Boolean).join('\n')}\n`);
    }
    if (event.event === 'run-finished') finished = event;
    display.apply(event);
  };
  const { from, only, force, jobs = defaultJobs(cores) } = options;
  await runPlan({
    graph,
    selection: { from, only, force },
    store,
    digests,
    executor: createLocalExecutor(),
    code,
    engine,
    jobs,
    cores,
    onEvent,
    signal: interruption.signal,
    killSignal: interruption.killSignal,
  });
  if (finished === undefined) throw new Error('The run ended without reporting how.');
  return finished;
}

async function doneText(
  opened: OpenPipeline,
  finished: RunFinished,
  { options, surroundings, out }: { options: RunOptions; surroundings: Surroundings; out: Console },
): Promise<string> {
  const { graph, store } = opened;
  const parts = [
    ...(isManyCells(finished.matrix) ? [] : await reportsText(graph, finished.stages, store, out.colors)),
    finished.matrix && matrixText(finished.matrix, out.colors),
    warningsText(finished.stages, out.colors),
    resultsText(graph, finished.stages, store, out.colors),
    `${out.colors.green('Done')} in ${formatDuration(finished.seconds)}. Run ${finished.run}`,
    await nextSteps(opened, options, surroundings),
  ];
  return `\n${parts.filter((part) => part !== undefined).join('\n\n')}`;
}

function failed({ stages }: RunFinished, resume: string, out: Console): ExitCode {
  const errors = stages.flatMap(({ error }) => (error ? [error] : []));
  out.remark(`\n${failuresText(stages, out.errorColors)}\n\nTo resume:\n  ${resume}`);
  if (errors.some(({ code }) => code === 'ARTIFACT_DAMAGED')) return EXIT.damaged;
  return errors.length > 0 && errors.every(({ isInvalidInput }) => isInvalidInput) ? EXIT.usage : EXIT.failed;
}

function interrupted(resume: string, code: ExitCode, out: Console): ExitCode {
  out.remark(`\n${out.errorColors.yellow('Interrupted.')} Finished work is kept. To resume:\n  ${resume}`);
  return code;
}

/** What was typed, less `--force` and `--from`: those would throw away what the interrupted run has done. */
function resumeArguments(
  { set = [], only, engine, jobs, threads, store }: RunOptions,
  onlyCell: readonly string[],
): string[] {
  const given = Object.entries({ only, engine, jobs, threads, store }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const cells = onlyCell.flatMap((each) => ['--only-cell', each]);
  return [...set.flatMap((each) => ['--set', each]), ...cells, ...given];
}
