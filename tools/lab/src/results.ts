import assert from 'node:assert/strict';
import type { RunEvent } from '@retort/pipeline-runner';
import type { Ended } from './retort-process.ts';

/** `stage key` -> key, `stage.output` -> digest, `stage metric` -> figure; measured outputs left out. */
export type Results = Readonly<Record<string, string | number>>;

type RunFinished = Extract<RunEvent, { event: 'run-finished' }>;

/** Outputs that hold measured times: no two runs have the same. */
const MEASURED: ReadonlySet<string> = new Set(['teacher.times', 'evaluate.speed', 'export.speed']);

/** Of a run that is done; undefined when it did not end well. */
export function resultsOf({ exitCode, events }: Pick<Ended, 'exitCode' | 'events'>): Results | undefined {
  const finished = events.findLast((event): event is RunFinished => event.event === 'run-finished');
  if (exitCode !== 0 || finished?.status !== 'done') return undefined;
  return Object.assign({}, ...finished.stages.map(resultsOfStage)) as Results;
}

/** @throws Error when the run did not end well, with what it printed */
export function requireResults(ended: Ended, what = 'the run'): Results {
  const results = resultsOf(ended);
  assert(results, `${what} ended with ${endOf(ended)}: ${ended.stderr.slice(-1000)}`);
  return results;
}

interface StageEnd {
  readonly id: string;
  readonly key?: string | undefined;
  readonly outputs: Readonly<Record<string, { readonly digest: string }>>;
  readonly metrics?: Readonly<Record<string, number>>;
}

export function resultsOfStage({ id, key = '', outputs, metrics = {} }: StageEnd): Results {
  const digests = Object.entries(outputs).map(([port, { digest }]) => [`${id}.${port}`, digest] as const);
  const figures = Object.entries(metrics).map(([name, value]) => [`${id} ${name}`, value] as const);
  const rest = digests.filter(([name]) => !MEASURED.has(name));
  return Object.fromEntries([[`${id} key`, key], ...rest, ...figures]);
}

/** Names of what differs, in the order of the stages; empty when nothing does. */
export function differences(reference: Results, results: Results): string[] {
  const names = [...new Set([...Object.keys(reference), ...Object.keys(results)])];
  return names.filter((name) => reference[name] !== results[name]);
}

/** @throws Error when a result is not that of the reference */
export function requireSame(reference: Results, results: Results): void {
  const differing = differences(reference, results);
  const [first = ''] = differing;
  assert(
    differing.length === 0,
    `${differing.length} differ, first ${first}: ${results[first]}, expected ${reference[first]}`,
  );
}

/** `SIGKILL`, or `code 1`. */
export function endOf({ exitCode, signal }: Ended): string {
  return signal ?? `code ${exitCode}`;
}

/** A message for people has no stack; one that has is a mistake of ours. */
export function findStackTrace({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string | undefined {
  return /^.*(INTERNAL_ERROR|RUNNER_FAILED|\n\s+at \S+ ?\(?.*:\d+:\d+).*$/ms
    .exec(`${stderr}\n${stdout}`)?.[0]
    .slice(0, 500);
}

/** @throws Error when one of them printed a stack */
export function requireNoStackTrace(...ends: readonly Ended[]): void {
  for (const end of ends) {
    const trace = findStackTrace(end);
    assert(trace === undefined, `a stack: ${trace}`);
  }
}
