import type { Console } from '../console.ts';
import type { Check } from '../doctor/check.ts';
import { engineChecks } from '../doctor/engine-checks.ts';
import { machineChecks, nodeCheck, npmCheck } from '../doctor/machine-checks.ts';
import { pythonCheck } from '../doctor/python-check.ts';
import { storeChecks } from '../doctor/store-checks.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Colors } from '../render/colors.ts';
import { printable } from '../render/printable.ts';
import { textTable } from '../render/text-table.ts';
import { type CommonOptions, type Surroundings, storeFolder } from '../settings.ts';

/** Says what works here and what to type for what does not. Fails when something that is needed does not work. */
export async function doctor(options: CommonOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const checks = await allChecks(options, surroundings);
  const ok = checks.every(({ status }) => status !== 'failed');
  out.writeDocument({ ok, checks });
  out.print(doctorText(checks, out.colors));
  return ok ? EXIT.done : EXIT.failed;
}

async function allChecks(options: CommonOptions, surroundings: Surroundings): Promise<Check[]> {
  const groups = await Promise.all([
    npmCheck().then((check) => [nodeCheck(), check]),
    machineChecks(),
    engineChecks(surroundings.workspace),
    storeChecks(storeFolder(options, surroundings)),
    pythonCheck(surroundings.env).then((check) => [check]),
  ]);
  return groups.flat();
}

function doctorText(checks: readonly Check[], colors: Colors): string {
  const marks = { ok: colors.green('✓'), missing: colors.yellow('–'), failed: colors.red('✗') };
  const rows = checks.map(({ name, status, detail }) => [marks[status], name, printable(detail)]);
  const remedies = checks.flatMap(({ name, remedy }) =>
    remedy === undefined ? [] : [`${name}: ${printable(remedy)}`],
  );
  const table = textTable([{ title: '' }, { title: 'what' }, { title: 'found' }], rows);
  return remedies.length === 0 ? table : `${table}\n\n${colors.bold('What to type')}\n  ${remedies.join('\n  ')}`;
}
