import { formatBytes } from '@retort/foundation/diagnostics';
import type { OnProgress } from './progress.ts';

const SHARE_BETWEEN_LINES = 0.1;
/** Less is there before anybody wonders. */
const LEAST_BYTES = 100e6;

/** Writes a line when a step begins, and at every tenth of a long one. */
export function progressPrinter(print: (line: string) => void): OnProgress {
  let step = '';
  let next = 0;
  return (progress) => {
    if (progress.step !== step) {
      step = progress.step;
      next = SHARE_BETWEEN_LINES;
      print(step);
    }
    const { done, total } = progress;
    if (done === undefined || total === undefined || total < LEAST_BYTES) return;
    if (done < next * total || done === total) return;
    while (next * total <= done) next += SHARE_BETWEEN_LINES;
    print(`  ${formatBytes(done)} of ${formatBytes(total)}`);
  };
}
