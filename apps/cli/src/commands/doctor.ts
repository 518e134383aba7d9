import { UsageError } from '@retort/foundation/diagnostics';
import type { Console } from '../console.ts';
import type { Check } from '../doctor/check.ts';
import { engineChecks } from '../doctor/engine-checks.ts';
import { fix } from '../doctor/fix.ts';
import { graphicsCardCheck } from '../doctor/graphics-cards.ts';
import { machineChecks, nodeCheck, npmCheck } from '../doctor/machine-checks.ts';
import { packageChecks } from '../doctor/package-checks.ts';
import { pluginChecks } from '../doctor/plugin-checks.ts';
import { pythonCheck } from '../doctor/python-check.ts';
import { storeChecks } from '../doctor/store-checks.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { doctorText } from '../render/doctor-text.ts';
import { type DoctorOptions, type Surroundings, storeFolder } from '../settings.ts';

/**
 * Says what works here and what to type for what does not; with --fix, sets an engine up first. Fails when something that
 * is needed does not work.
 */
export async function doctor(options: DoctorOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  await fix(options, surroundings, out);
  const checks = await allChecks(options, surroundings);
  const ok = checks.every(({ status }) => status !== 'failed');
  out.writeDocument({ ok, checks });
  out.print(doctorText(checks, out.colors));
  return ok ? EXIT.done : EXIT.failed;
}

async function allChecks(options: DoctorOptions, surroundings: Surroundings): Promise<Check[]> {
  const groups = await Promise.all([
    npmCheck().then((check) => [nodeCheck(), check]),
    machineChecks(),
    packageChecks(surroundings),
    pluginChecks(surroundings),
    graphicsCardCheck().then((check) => [check]),
    engineChecks(surroundings),
    storeGroup(options, surroundings),
    pythonCheck(surroundings.env).then((check) => [check]),
  ]);
  return groups.flat();
}

/** Without a workspace there is a store only where one is named. */
async function storeGroup(options: DoctorOptions, surroundings: Surroundings): Promise<Check[]> {
  try {
    return await storeChecks(storeFolder(options, surroundings));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [{ name: 'store', status: 'missing', detail: error.message }];
  }
}
