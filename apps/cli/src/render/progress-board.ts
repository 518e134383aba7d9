import type { RunEvent, StageHolder } from '@retort/pipeline-runner';
import type { Progress } from '@retort/plugin-kit';
import type { RunningStage } from './progress-line.ts';
import { RateMeter } from './rate-meter.ts';

interface Row {
  readonly meter: RateMeter;
  readonly startedAt: number;
  readonly waitsFor?: StageHolder;
  progress?: Progress;
}

/** What is running right now and how fast, from the events of a run. Knows nothing of terminals. */
export class ProgressBoard {
  readonly #rows = new Map<string, Row>();

  /** @param now seconds of any clock that does not go back */
  apply(event: RunEvent, now: number): void {
    if (event.event === 'stage-waiting')
      this.#rows.set(event.stage, { meter: new RateMeter(), startedAt: now, waitsFor: event.holder });
    if (event.event === 'stage-started') this.#rows.set(event.stage, { meter: new RateMeter(), startedAt: now });
    if (event.event === 'stage-finished') this.#rows.delete(event.stage.id);
    if (event.event === 'stage-progress') {
      const row = this.#rows.get(event.stage);
      if (!row) return;
      row.progress = event.progress;
      row.meter.add(event.progress, event.seconds);
    }
  }

  /** In the order in which they began. */
  running(now: number): RunningStage[] {
    return [...this.#rows].map(([id, { meter, startedAt, progress, waitsFor }]) => ({
      id,
      seconds: now - startedAt,
      ...(progress === undefined ? {} : { progress }),
      ...(waitsFor === undefined ? {} : { waitsFor }),
      ...(meter.perSecond === undefined ? {} : { rate: meter.perSecond }),
    }));
  }

  lastProgress(stage: string): Progress | undefined {
    return this.#rows.get(stage)?.progress;
  }
}
