import type { EventLog } from '@retort/store';
import type { RunEvent } from './events.ts';

const MILLISECONDS_BETWEEN_PROGRESS = 3000;

type ProgressEvent = Extract<RunEvent, { event: 'stage-progress' }>;

/**
 * Hands events to whoever watches, and appends them to the run's event file. There, each stage's progress is thinned
 * to one line in a few seconds, the last one kept. Neither a full disk nor a watcher that throws stops a run.
 */
export class RunLog {
  readonly #log: Pick<EventLog, 'append'>;
  readonly #onEvent: (event: RunEvent) => void;
  readonly #writtenAt = new Map<string, number>();
  readonly #pending = new Map<string, ProgressEvent>();

  constructor(log: Pick<EventLog, 'append'>, onEvent: (event: RunEvent) => void) {
    this.#log = log;
    this.#onEvent = onEvent;
  }

  emit(event: RunEvent): void {
    try {
      this.#onEvent(event);
    } catch {}
    if (event.event === 'stage-progress') this.#appendProgress(event);
    else this.#append(event);
  }

  #appendProgress(event: ProgressEvent): void {
    const isDue =
      performance.now() - (this.#writtenAt.get(event.stage) ?? Number.NEGATIVE_INFINITY) >=
      MILLISECONDS_BETWEEN_PROGRESS;
    this.#pending.set(event.stage, event);
    if (isDue) this.#flush(event.stage);
  }

  #flush(stage: string): void {
    const event = this.#pending.get(stage);
    if (event === undefined) return;
    this.#pending.delete(stage);
    this.#writtenAt.set(stage, performance.now());
    this.#write(event);
  }

  #append(event: RunEvent): void {
    if (event.event === 'stage-finished') this.#flush(event.stage.id);
    this.#write(event);
  }

  #write(event: RunEvent): void {
    try {
      this.#log.append(event);
    } catch {}
  }
}
