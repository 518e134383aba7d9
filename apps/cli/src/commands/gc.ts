import { ArtifactStore } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { garbageText, totalText } from '../render/garbage-text.ts';
import { remarkRefusals } from '../render/refusals-text.ts';
import { type CommonOptions, existingStoreFolder, type Surroundings } from '../settings.ts';

export interface GcOptions extends CommonOptions {
  readonly keepRuns: number;
  /** Seconds. */
  readonly olderThan?: number;
  /** Bytes. */
  readonly budget?: number;
  readonly yes?: boolean;
}

/** Lists what is unused, what took longest to compute first; with `--yes`, removes it. */
export async function gc(options: GcOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const { keepRuns, olderThan: olderThanSeconds, budget: budgetBytes } = options;
  const store = new ArtifactStore(existingStoreFolder(options, surroundings));
  const limits = {
    keepRuns,
    ...(olderThanSeconds !== undefined && { olderThanSeconds }),
    ...(budgetBytes !== undefined && { budgetBytes }),
  };
  const plan = await store.planGarbage(limits);
  const dryRun = options.yes !== true;
  if (!dryRun && plan.items.length > 0) out.remark(`Deleting ${totalText(plan.items)}`);
  const gone = dryRun ? plan.items : await store.collectGarbage(plan);
  const items = [...gone].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const { bytes, kept } = plan;
  const bytesAfter = bytes - items.reduce((sum, item) => sum + item.bytes, 0);
  out.writeDocument({
    store: store.root,
    dryRun,
    ...limits,
    items,
    bytes,
    bytesAfter,
    kept,
    refusals: store.refusals,
  });
  out.print(garbageText({ ...plan, bytesAfter, items }, { store: store.root, dryRun, limits }, out.colors));
  remarkRefusals(store, out);
  return EXIT.done;
}
