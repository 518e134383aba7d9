import type { Progress } from '@retort/foundation/work';
import type { StageEvent } from './protocol.ts';
import { writeFully } from './write-fully.ts';

const EVENTS_DESCRIPTOR = 3;
const MILLISECONDS_BETWEEN_PROGRESS = 250;

/**
 * Sends a stage's events to the runner, in order and synchronously: nothing is lost when the process ends right after.
 * Progress is held back to about four a second; the newest is sent before any other event.
 */
export class HostChannel {
  #pending: Progress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  send(event: StageEvent): void {
    this.#flushProgress();
    writeFully(EVENTS_DESCRIPTOR, `${JSON.stringify(event)}\n`);
  }

  progress(progress: Progress): void {
    this.#pending = progress;
    const wait = this.#sentAt + MILLISECONDS_BETWEEN_PROGRESS - performance.now();
    if (wait <= 0) this.#flushProgress();
    else this.#timer ??= setTimeout(() => this.#flushProgress(), wait).unref();
  }

  #flushProgress(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === undefined) return;
    const event: StageEvent = { event: 'progress', progress: this.#pending };
    this.#pending = undefined;
    this.#sentAt = performance.now();
    writeFully(EVENTS_DESCRIPTOR, `${JSON.stringify(event)}\n`);
  }
}
