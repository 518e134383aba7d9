import { ArtifactStore, type Checked } from '@retort/artifact-store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { remarkRefusals } from '../render/refusals-text.ts';
import { checkedText, verifyText } from '../render/verify-text.ts';
import { type CommonOptions, type Surroundings, storeFolder } from '../settings.ts';

interface VerifyOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const MILLISECONDS_BETWEEN_REMARKS = 5000;

/** Reads everything in the store again, and sets aside what is not as it was written. */
export async function verify(options: VerifyOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const store = new ArtifactStore(storeFolder(options, surroundings));
  const dryRun = options.dryRun === true;
  const report = await store.verify({ dryRun, onProgress: remarkNowAndThen(out) });
  const ok = report.problems.length === 0;
  out.writeDocument({ ok, store: store.root, dryRun, ...report, refusals: store.refusals });
  out.print(verifyText({ ...report, store: store.root, dryRun }, out.colors));
  remarkRefusals(store, out);
  return ok ? EXIT.done : EXIT.damaged;
}

function remarkNowAndThen(out: Console): (checked: Checked) => void {
  let saidAt = performance.now();
  return (checked) => {
    if (performance.now() - saidAt < MILLISECONDS_BETWEEN_REMARKS) return;
    saidAt = performance.now();
    out.remark(checkedText(checked));
  };
}
