import { firstFew, printable } from '@retort/foundation/diagnostics';
import type { EngineAgreement, MetricAgreement, Tolerance } from '@retort/pipeline-comparison';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatDecimal } from './units.ts';

const SHOWN_NAMES = 3;

/** Whether engines agree, to which tolerance, by how much in each stage, and what says nothing about engines. */
export function agreementText(agreement: EngineAgreement, colors: Colors): string {
  const { engines, metrics, notCompared, tolerance } = agreement;
  const title = colors.bold(`Agreement of ${[...new Set(engines)].map(printable).join(', ')}`);
  return [
    title,
    ...(metrics.length === 0 ? [] : [verdictText(metrics, tolerance, colors), stagesTable(metrics)]),
    ...notCompared.map(
      ({ stage, differences }) =>
        `${printable(stage)} is not compared, because more than the engine differs: ${firstFew(differences.map(printable), SHOWN_NAMES)}.`,
    ),
  ].join('\n');
}

function verdictText(metrics: readonly MetricAgreement[], { absolute, relative }: Tolerance, colors: Colors): string {
  const far = metrics.filter(({ isWithin }) => !isWithin);
  const within = `within ${absolute} or ${Number((100 * relative).toPrecision(12))} %`;
  const count = `${metrics.length} ${metrics.length === 1 ? 'loss or score' : 'losses and scores'}`;
  if (far.length === 0) return `${colors.green('They agree')}: ${count} ${within}.`;
  const names = far.map(({ stage, name }) => `${stage} ${name}`);
  return `${colors.red('They differ')}: ${far.length} of ${count} are not ${within}: ${firstFew(names.map(printable), SHOWN_NAMES)}.`;
}

/** The loss or score of each stage that differs most. */
function stagesTable(metrics: readonly MetricAgreement[]): string {
  const stages = [...new Set(metrics.map(({ stage }) => stage))];
  const rows = stages.map((stage) => {
    const own = metrics.filter((metric) => metric.stage === stage);
    const worst = own.reduce((most, each) => (each.relative > most.relative ? each : most));
    const isSame = worst.absolute === 0;
    return [
      printable(stage),
      String(own.length),
      isSame ? 'no difference' : printable(worst.name),
      isSame ? '0' : formatDecimal(worst.absolute),
      isSame ? '0' : formatDecimal(worst.relative),
    ];
  });
  const right = 'right' as const;
  const columns = [
    { title: '' },
    { title: 'numbers', align: right },
    { title: 'largest difference' },
    { title: 'absolute', align: right },
    { title: 'relative', align: right },
  ];
  return textTable(columns, rows);
}
