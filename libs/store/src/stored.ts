import { digestJson, type TreeEntry } from '@retort/foundation/digest';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ClaimHolder } from './claim-holder.ts';
import { readJson } from './files.ts';
import type { Pin } from './pins.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StageRecord } from './record.ts';
import type { StoredManifest } from './runs.ts';
import schema from './stored.schema.json' with { type: 'json' };

/** The kinds of JSON that a store holds, each with its definition in `stored.schema.json`. */
interface Stored {
  readonly record: { readonly checksum: string; readonly record: StageRecord };
  readonly manifest: StoredManifest & { readonly checksum: string };
  readonly pin: { readonly checksum: string; readonly pin: Pin };
  readonly process: ProcessIdentity;
  readonly holder: ClaimHolder;
  readonly listing: readonly TreeEntry[];
  readonly states: Readonly<Record<string, string>>;
}

let compiler: Ajv2020 | undefined;

/** What a file of the store holds; undefined unless it is a plain file of that kind, as this or a later version writes it. */
export async function readStored<Kind extends keyof Stored>(
  kind: Kind,
  path: string,
): Promise<Stored[Kind] | undefined> {
  const value = await readJson(path);
  return validatorOf(kind)(value) ? value : undefined;
}

/** False also for what has no canonical JSON, such as a number that is too large. */
export function hasChecksum(value: unknown, checksum: string): boolean {
  try {
    return digestJson(value) === checksum;
  } catch {
    return false;
  }
}

function validatorOf<Kind extends keyof Stored>(kind: Kind): ValidateFunction<Stored[Kind]> {
  compiler ??= new Ajv2020({ strict: true, strictRequired: true }).addSchema(schema, 'stored');
  return compiler.getSchema<Stored[Kind]>(`stored#/$defs/${kind}`) as ValidateFunction<Stored[Kind]>;
}
