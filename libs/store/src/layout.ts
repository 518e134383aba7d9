import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { Refusals } from './refusals.ts';

/** Where things lie below the store's root. */
export class StoreLayout {
  readonly root: string;
  readonly refusals = new Refusals();

  constructor(root: string) {
    this.root = root;
  }

  artifact(digest: string): string {
    return join(this.root, 'artifacts', prefixOf(digest), digest);
  }

  listing(digest: string): string {
    return `${this.artifact(digest)}.json`;
  }

  verified(digest: string): string {
    return join(this.root, 'memo', 'verified', prefixOf(digest), `${digest}.json`);
  }

  record(key: string): string {
    return join(this.root, 'records', prefixOf(key), `${key}.json`);
  }

  /** Keys of one stage kind's records, oldest first, one a line. */
  recordIndex(uses: string): string {
    return join(this.root, 'records', 'by-stage', `${encodeURIComponent(uses)}.txt`);
  }

  checkpoint(key: string): string {
    return join(this.root, 'checkpoints', prefixOf(key), key);
  }

  get claims(): string {
    return join(this.root, 'claims');
  }

  claim(key: string): string {
    return join(this.claims, prefixOf(key), key);
  }

  /** Where a claim is made, before it is moved to its key. */
  newClaim(id: string): string {
    return join(this.claims, 'new', id);
  }

  /** Claims that are over, by their id. */
  retiredClaim(id: string): string {
    return join(this.claims, 'retired', id);
  }

  get runs(): string {
    return join(this.root, 'runs');
  }

  get checkpoints(): string {
    return join(this.root, 'checkpoints');
  }

  get pins(): string {
    return join(this.root, 'pins');
  }

  get attempts(): string {
    return join(this.root, 'attempts');
  }

  /** What is being deleted: moved here first, so that nothing half-deleted has a name. */
  get trash(): string {
    return join(this.root, 'trash');
  }

  get quarantine(): string {
    return join(this.root, 'quarantine');
  }
}

/** Digests come from files and may be damaged: none may lead outside the store. */
function prefixOf(digest: string): string {
  if (!isDigest(digest))
    throw new RetortError(
      'STORE_BAD_DIGEST',
      `Not a digest: ${JSON.stringify(digest)}. Expected 64 hexadecimal digits.`,
    );
  return digest.slice(0, 2);
}

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
