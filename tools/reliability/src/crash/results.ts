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
  const results: Record<string, string | number> = {};
  for (const { id, outputs, metrics = {} } of finished.stages) {
    const names = Object.keys(outputs).map((port) => `${id}.${port}`);
    const isMeasured = names.some((name) => MEASURED.has(name));
    for (const [port, { digest }] of Object.entries(outputs))
      if (!MEASURED.has(`${id}.${port}`)) results[`${id}.${port}`] = digest;
    if (!isMeasured) for (const [name, value] of Object.entries(metrics)) results[`${id} ${name}`] = value;
  }
  return results;
}

/** What differs between a run that was harmed and one that was not; undefined when nothing does. */
export function findDifference(reference: Results, results: Results): string | undefined {
  const names = new Set([...Object.keys(reference), ...Object.keys(results)]);
  const name = [...names].find((each) => reference[each] !== results[each]);
  return name === undefined ? undefined : `${name} is ${results[name]}, without harm ${reference[name]}`;
}
