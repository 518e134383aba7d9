import { inputEntries } from '@retort/foundation/inputs';
import { downloadModel } from '@retort/model-hub';
import type { ResolvedStage } from '@retort/pipeline-graph';
import type { StageEvent } from '@retort/plugin-kit';
import type { RunningStage } from './executor.ts';

export interface ModelFetch {
  readonly stage: ResolvedStage;
  readonly onEvent: (event: StageEvent) => void;
  /** Called with the download, so that it can be stopped like a stage. */
  readonly onStart: (running: RunningStage) => void;
}

/**
 * Brings the models of the hub that a stage reads. The runner does it and not the stage: a stage's process gets no
 * secrets such as HF_TOKEN, and the machines of a cluster often have no network.
 *
 * @returns whether it was stopped
 */
export async function fetchModels({ stage, onEvent, onStart }: ModelFetch): Promise<'there' | 'interrupted'> {
  const stopping = new AbortController();
  for (const [, source] of inputEntries(stage.inputs)) {
    if (source.kind !== 'path' || source.hub === undefined) continue;
    const onProgress = (progress: { done: number; total: number }) =>
      onEvent({ event: 'progress', progress: { ...progress, unit: 'bytes' } });
    const done = downloadModel({
      ...source.hub,
      digest: source.digest,
      env: process.env,
      signal: stopping.signal,
      onProgress,
    }).then(
      () => 'there' as const,
      (error: Error) => (stopping.signal.aborted ? ('interrupted' as const) : error),
    );
    const stop = () => stopping.abort();
    onStart({ done: done.then(() => ({ status: 'interrupted' })), stop, kill: stop });
    const end = await done;
    if (end instanceof Error) throw end;
    if (end === 'interrupted') return end;
  }
  return 'there';
}
