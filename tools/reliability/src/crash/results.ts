import type { RunEvent } from '@retort/pipeline-runner';
import { MEASURED } from './cut-pipeline.ts';
import type { Ended } from './retort-process.ts';

/** `stage.port` -> digest, and `stage metric` -> figure, of a run that is done; measured ones left out. */
export type Results = Readonly<Record<string, string | number>>;

type RunFinished = Extract<RunEvent, { event: 'run-finished' }>;

/** Undefined when the run did not end well. */
export function resultsOf({ exitCode, events }: Ended): Results | undefined {
  const finished = events.find((event): event is RunFinished => event.event === 'run-finished');
  if (exitCode !== 0 || finished?.status !== 'done') return undefined;
  return Object.assign({}, ...finished.stages.map(resultsOfStage));
}

interface StageEnd {
  readonly id: string;
  readonly outputs: Readonly<Record<string, { readonly digest: string }>>;
  readonly metrics?: Readonly<Record<string, number>>;
}

export function resultsOfStage({ id, outputs, metrics = {} }: StageEnd): Results {
  const digests = Object.entries(outputs).map(([port, { digest }]) => [`${id}.${port}`, digest] as const);
  const figures = Object.entries(metrics).map(([name, value]) => [`${id} ${name}`, value] as const);
  return Object.fromEntries([...digests.filter(([name]) => !MEASURED.has(name)), ...figures]);
}

/** What differs between a run that was harmed and one that was not; undefined when nothing does. */
export function findDifference(reference: Results, results: Results): string | undefined {
  const names = new Set([...Object.keys(reference), ...Object.keys(results)]);
  const name = [...names].find((each) => reference[each] !== results[each]);
  return name === undefined ? undefined : `${name} is ${results[name]}, without harm ${reference[name]}`;
}
