import { printable } from '@retort/foundation/diagnostics';
import type { Pin } from '@retort/store';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';

export function pinsText(pins: ReadonlyMap<string, Pin | undefined>, colors: Colors): string {
  if (pins.size === 0) return 'No pins.';
  const rows = [...pins].map(([name, pin]) =>
    pin === undefined
      ? [printable(name), colors.red('damaged; pin it again'), '']
      : [colors.bold(printable(name)), targetText(pin.target), printable(pin.since)],
  );
  return textTable([{ title: 'pin' }, { title: 'keeps' }, { title: 'since' }], rows);
}

function targetText(target: Pin['target']): string {
  return 'run' in target ? `run ${printable(target.run)}` : `artifact ${printable(target.artifact.slice(0, 12))}`;
}
