import { ArtifactStore } from '@retort/artifact-store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { garbageText } from '../render/garbage-text.ts';
import { type CommonOptions, type Surroundings, storeFolder } from '../settings.ts';

export interface GcOptions extends CommonOptions {
  readonly keepRuns: number;
  /** Seconds. */
  readonly olderThan?: number;
  /** Bytes. */
  readonly budget?: number;
  readonly yes?: boolean;
}

/** Says what nobody needs any more; with `--yes`, removes it. */
export async function gc(options: GcOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const { keepRuns, olderThan: olderThanSeconds, budget: budgetBytes } = options;
  const store = new ArtifactStore(storeFolder(options, surroundings));
  const limits = {
    keepRuns,
    ...(olderThanSeconds !== undefined && { olderThanSeconds }),
    ...(budgetBytes !== undefined && { budgetBytes }),
  };
  const plan = await store.planGarbage(limits);
  const dryRun = options.yes !== true;
  const items = dryRun ? plan.items : await store.collectGarbage(plan);
  out.writeDocument({ store: store.root, dryRun, ...limits, ...plan, items });
  out.print(garbageText({ ...plan, items }, { store: store.root, dryRun, limits }, out.colors));
  return EXIT.done;
}
