import { RetortError } from '@retort/foundation/diagnostics';
import { describeHardware } from '@retort/pipeline-runner';
import { ArtifactStore, type Checked, type StageRecord } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { codeOf } from '../open-pipeline.ts';
import { type InstalledHere, packageVariants } from '../package-variants.ts';
import { openRegistry, type Registry, registry } from '../registry.ts';
import { packageVariantsText } from '../render/package-variants-text.ts';
import { remarkRefusals } from '../render/refusals-text.ts';
import { checkedText, verifyText } from '../render/verify-text.ts';
import { type CommonOptions, existingStoreFolder, type Surroundings } from '../settings.ts';

interface VerifyOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const MILLISECONDS_BETWEEN_REMARKS = 5000;

/** Reads everything in the store again, and sets aside what is not as it was written. */
export async function verify(options: VerifyOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const store = new ArtifactStore(existingStoreFolder(options, surroundings));
  const dryRun = options.dryRun === true;
  const report = await store.verify({ dryRun, onProgress: remarkNowAndThen(out) });
  const ok = report.problems.length === 0;
  // Whether plug-ins load is doctor's matter; what is stored can be read without them.
  const stages = await openRegistry(surroundings).catch(() => registry);
  const packages = packageVariants(await newestRecords(store, stages), await installedHere(surroundings, stages));
  out.writeDocument({ ok, store: store.root, dryRun, ...report, packages, refusals: store.refusals });
  out.print(verifyText({ ...report, store: store.root, dryRun }, out.colors));
  const remark = packageVariantsText(packages, out.errorColors);
  if (remark !== undefined) out.remark(`\n${remark}`);
  remarkRefusals(store, out);
  return ok ? EXIT.done : EXIT.damaged;
}

/** Undefined where the code of stages cannot be bundled: doctor says why. */
async function installedHere({ installation }: Surroundings, stages: Registry): Promise<InstalledHere | undefined> {
  try {
    const code = codeOf(installation);
    const closures = await Promise.all([...stages.values()].map(({ module }) => code.closureOf(module)));
    const all = (part: 'packages' | 'binaries') => Object.assign({}, ...closures.map((closure) => closure[part]));
    return { packages: all('packages'), binaries: all('binaries'), platform: describeHardware().platform };
  } catch (error) {
    if (error instanceof RetortError) return undefined;
    throw error;
  }
}

async function newestRecords(store: ArtifactStore, stages: Registry): Promise<StageRecord[]> {
  const records = await Promise.all([...stages.keys()].map((kind) => store.recentRecords(kind)));
  return records.flat();
}

function remarkNowAndThen(out: Console): (checked: Checked) => void {
  let saidAt = performance.now();
  return (checked) => {
    if (performance.now() - saidAt < MILLISECONDS_BETWEEN_REMARKS) return;
    saidAt = performance.now();
    out.remark(checkedText(checked));
  };
}
