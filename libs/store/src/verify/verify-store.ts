import { join } from 'node:path';
import { isPresent } from '../artifacts.ts';
import type { Claims } from '../claims.ts';
import type { StoreLayout } from '../layout.ts';
import type { StageRecord } from '../record.ts';
import { indexFiles } from '../records.ts';
import { runState } from '../run-state.ts';
import { listRuns } from '../runs.ts';
import { namesByPrefix } from '../walk.ts';
import { checkArtifact } from './artifacts.ts';
import { checkCheckpoints } from './checkpoints.ts';
import type { Checked, Finding, StoreProblem } from './finding.ts';
import { checkIndex, checkRecord, incompleteRecord } from './records.ts';
import { checkRun } from './runs.ts';
import { checkClaims, checkMemos, checkPins } from './small-files.ts';

export interface VerifyOptions {
  /** Change nothing. */
  readonly dryRun?: boolean;
  /** Called after every thing that was checked. */
  readonly onProgress?: (checked: Checked) => void;
}

export interface VerifyReport {
  readonly checked: Checked;
  readonly problems: readonly StoreProblem[];
}

/**
 * Reads everything in a store and compares it with the digests and checksums that it was stored with. What is damaged is set
 * aside, unless this is a dry run.
 */
export async function verifyStore(layout: StoreLayout, claims: Claims, options: VerifyOptions): Promise<VerifyReport> {
  const verification = new Verification(layout, claims, options);
  await verification.carryOut();
  return { checked: verification.checked, problems: verification.problems };
}

class Verification {
  checked: Checked = { artifacts: 0, bytes: 0, records: 0, runs: 0, checkpoints: 0, pins: 0 };
  readonly problems: StoreProblem[] = [];
  readonly #layout: StoreLayout;
  readonly #claims: Claims;
  readonly #options: VerifyOptions;
  readonly #damaged = new Set<string>();

  constructor(layout: StoreLayout, claims: Claims, options: VerifyOptions) {
    this.#layout = layout;
    this.#claims = claims;
    this.#options = options;
  }

  async carryOut(): Promise<void> {
    const records = await this.#records();
    await this.#artifacts(records);
    await this.#incomplete(records);
    await this.#indexes(records);
    await this.#runs();
    await this.#checkpoints();
    const { count, findings } = await checkPins(this.#layout);
    this.#count({ pins: count });
    await this.#report(...findings);
    await this.#report(...(await checkClaims(this.#layout, this.#claims)));
    await this.#report(...(await checkMemos(this.#layout)));
  }

  async #records(): Promise<StageRecord[]> {
    const records: StageRecord[] = [];
    for (const key of await namesByPrefix(this.#layout, join(this.#layout.root, 'records'))) {
      const { record, finding } = await checkRecord(this.#layout, key);
      if (record !== undefined) records.push(record);
      if (finding !== undefined) await this.#report(finding);
      this.#count({ records: 1 });
    }
    return records;
  }

  async #artifacts(records: readonly StageRecord[]): Promise<void> {
    const named = new Set(records.flatMap(digestsOf));
    for (const digest of await namesByPrefix(this.#layout, join(this.#layout.root, 'artifacts'))) {
      const { finding, bytes } = await checkArtifact(this.#layout, digest, named.has(digest));
      if (finding !== undefined) {
        this.#damaged.add(digest);
        await this.#report(finding);
      }
      this.#count({ artifacts: 1, bytes });
    }
  }

  /** A record whose artifact was found damaged just now goes with it, without a word of its own. */
  async #incomplete(records: readonly StageRecord[]): Promise<void> {
    for (const record of records) {
      for (const digest of digestsOf(record)) {
        const isDamaged = this.#damaged.has(digest);
        if (!isDamaged && (await isPresent(this.#layout, digest))) continue;
        const finding = incompleteRecord(this.#layout, record.key, digest);
        if (!isDamaged) await this.#report(finding);
        else await this.#setAside(finding);
        break;
      }
    }
  }

  async #indexes(records: readonly StageRecord[]): Promise<void> {
    const paths = [...(await indexFiles(this.#layout)), ...records.map(({ uses }) => this.#layout.recordIndex(uses))];
    for (const path of new Set(paths)) {
      const own = records.filter(({ uses }) => this.#layout.recordIndex(uses) === path);
      const finding = await checkIndex(this.#layout, path, own);
      if (finding !== undefined) await this.#report(finding);
    }
  }

  async #runs(): Promise<void> {
    for (const run of await listRuns(this.#layout)) {
      const state = await runState(this.#layout, this.#claims, run);
      await this.#report(...(await checkRun(this.#layout, run, state)));
      this.#count({ runs: 1 });
    }
  }

  async #checkpoints(): Promise<void> {
    for (const key of await namesByPrefix(this.#layout, this.#layout.checkpoints)) {
      const { files, findings } = await checkCheckpoints(this.#layout, key);
      await this.#report(...findings);
      this.#count({ checkpoints: files });
    }
  }

  async #report(...findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      if (await this.#layout.refusals.isForbidden(finding.path)) continue;
      await this.#setAside(finding);
      const { setAside: _setAside, ...problem } = finding;
      this.problems.push(problem);
    }
  }

  async #setAside({ path, setAside }: Finding): Promise<void> {
    if (!this.#options.dryRun) await this.#layout.refusals.tolerate(path, 'move', setAside);
  }

  #count(more: Partial<Checked>): void {
    const sums = Object.entries(this.checked).map(([what, count]) => [
      what,
      count + (more[what as keyof Checked] ?? 0),
    ]);
    this.checked = Object.fromEntries(sums) as unknown as Checked;
    this.#options.onProgress?.(this.checked);
  }
}

function digestsOf({ outputs }: StageRecord): string[] {
  return Object.values(outputs).map(({ digest }) => digest);
}
