import { RandomStream, streamKey } from '@retort/foundation/random';
import type { TaskDataConfig } from './config.generated.ts';

interface Sampling {
  readonly total: number;
  /** All when missing. */
  readonly limit: number | undefined;
  readonly sample: TaskDataConfig['sample'];
  readonly seed: number;
  readonly split: string;
}

/**
 * Tells for one row after the other whether it stays, so that exactly `limit` of `total` do; with `rest` all others.
 *
 * @see Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S: every choice of rows is equally likely
 */
export function sampler({ total, limit = total, sample, seed, split }: Sampling): () => boolean {
  const random = new RandomStream(streamKey(seed, 'task-data-sample', split));
  let left = total;
  let wanted = Math.min(limit, total);
  return () => {
    const stays = sample === 'first' ? wanted > 0 : random.below(left) < wanted;
    left -= 1;
    if (stays) wanted -= 1;
    return stays !== (sample === 'rest');
  };
}
