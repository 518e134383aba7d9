import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { writeAtomically } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { hasChecksum, readStored } from './stored.ts';
import { entriesOf } from './walk.ts';

/** A name that somebody gave to a run or an artifact, so that it is never collected as garbage. */
export interface Pin {
  readonly name: string;
  /** ISO 8601. */
  readonly since: string;
  readonly target: { readonly run: string } | { readonly artifact: string };
}

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** Replaces a pin of the same name. @throws UsageError PIN_BAD_NAME */
export async function writePin(layout: StoreLayout, pin: Pin): Promise<void> {
  await writeAtomically(layout, pathOf(layout, pin.name), JSON.stringify({ checksum: digestJson(pin), pin }));
}

/** Whether there was one. */
export async function removePin(layout: StoreLayout, name: string): Promise<boolean> {
  const wasThere = (await listPinNames(layout)).includes(name);
  if (wasThere) await rm(pathOf(layout, name), { recursive: true, force: true });
  return wasThere;
}

/** By name. Undefined for a pin that is damaged. */
export async function readPins(layout: StoreLayout): Promise<ReadonlyMap<string, Pin | undefined>> {
  const names = await listPinNames(layout);
  return new Map(await Promise.all(names.map(async (name) => [name, await readPin(layout, name)] as const)));
}

export function pathOf(layout: StoreLayout, name: string): string {
  if (!NAME.test(name))
    throw new UsageError(
      'PIN_BAD_NAME',
      `Not a valid pin name: ${JSON.stringify(name)}. Expected letters, digits, dots, dashes and underscores, at most 100.`,
    );
  return join(layout.pins, `${name}.json`);
}

async function listPinNames(layout: StoreLayout): Promise<string[]> {
  const files = (await entriesOf(layout, layout.pins)).filter(({ name }) => name.endsWith('.json'));
  return files
    .map(({ name }) => name.slice(0, -'.json'.length))
    .filter((name) => NAME.test(name))
    .sort();
}

async function readPin(layout: StoreLayout, name: string): Promise<Pin | undefined> {
  const stored = await readStored('pin', pathOf(layout, name));
  return stored?.pin.name === name && hasChecksum(stored.pin, stored.checksum) ? stored.pin : undefined;
}
