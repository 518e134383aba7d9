import { join } from 'node:path';
import { retire } from '../claim.ts';
import { readClaim } from '../claim-holder.ts';
import type { Claims } from '../claims.ts';
import { linkStatOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { pathOf, readPins } from '../pins.ts';
import { moveToQuarantine } from '../quarantine.ts';
import { readStored } from '../stored.ts';
import { namesByPrefix } from '../walk.ts';
import type { Finding } from './finding.ts';

/** Claims that cannot be read. One whose holder still gives signs of life is left to it. */
export async function checkClaims(layout: StoreLayout, claims: Claims): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const key of await namesByPrefix(layout, layout.claims)) {
    const seen = await readClaim(layout.claim(key));
    if (seen === undefined || !seen.isDamaged) continue;
    const isAlive = await claims.isAlive({ id: seen.holder.id, process: seen.holder, beatAt: seen.beatAt });
    findings.push({
      kind: 'claim',
      name: key,
      path: layout.claim(key),
      damage: 'its owner is unknown',
      advice: isAlive
        ? 'Its holder is still running and will finish with it. Nothing to do.'
        : 'The next run that needs this key takes it over. Nothing to do.',
      setAside: isAlive ? async () => {} : () => retire(layout, key, seen.holder.id),
    });
  }
  return findings;
}

export async function checkPins(layout: StoreLayout): Promise<{ count: number; findings: Finding[] }> {
  const pins = await readPins(layout);
  const damaged = [...pins].filter(([, pin]) => pin === undefined);
  const findings = damaged.map(([name]): Finding => {
    const [path, damage] = [pathOf(layout, name), 'its content has changed'];
    const setAside = () => moveToQuarantine(layout, `pin-${name}`, damage, { 'pin.json': path });
    return {
      kind: 'pin',
      name,
      path,
      damage,
      advice: 'It no longer protects anything. Pin the run or output again.',
      setAside,
    };
  });
  return { count: pins.size, findings };
}

/** Memos that are none. One that says something else than the files is not believed, and written anew. */
export async function checkMemos(layout: StoreLayout): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const digest of await namesByPrefix(layout, join(layout.root, 'memo', 'verified'))) {
    const path = layout.verified(digest);
    if ((await readStored('states', path)) !== undefined || (await linkStatOf(path)) === undefined) continue;
    findings.push({
      kind: 'memo',
      name: digest,
      path,
      damage: 'its content has changed',
      advice: 'It only saves time. The files will be hashed again.',
      setAside: () => layout.refusals.remove(path),
    });
  }
  return findings;
}
