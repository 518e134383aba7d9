import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { RandomStream } from '@retort/foundation/random';
import type { DamageName } from './kinds.ts';

/**
 * Damages one file and gives it its old times back, as a failing disk would.
 *
 * @param other  another file of the same kind, whose content it gets when they are swapped
 * @returns what exactly was done; undefined when that would change nothing
 */
export function doDamage(
  damage: DamageName,
  path: string,
  { other, random }: { other: string | undefined; random: RandomStream },
): string | undefined {
  const before = readFileSync(path);
  if (damage === 'deleted') {
    rmSync(path);
    return 'deleted';
  }
  const changed = change(damage, before, { other, random });
  if (changed === undefined || changed.bytes.equals(before)) return undefined;
  const { atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, changed.bytes);
  utimesSync(path, atime, mtime);
  return changed.how;
}

function change(
  damage: Exclude<DamageName, 'deleted'>,
  before: Buffer,
  { other, random }: { other: string | undefined; random: RandomStream },
): { bytes: Buffer; how: string } | undefined {
  const at = before.length === 0 ? 0 : random.below(before.length);
  switch (damage) {
    case 'flipped byte': {
      if (before.length === 0) return undefined;
      const bit = random.below(8);
      const bytes = Buffer.from(before);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      return { bytes, how: `bit ${bit} of byte ${at} flipped` };
    }
    case 'truncated':
      return { bytes: before.subarray(0, at), how: `cut to ${at} of ${before.length} bytes` };
    case 'emptied':
      return { bytes: Buffer.alloc(0), how: 'emptied' };
    case 'zeros at its end':
      return {
        bytes: Buffer.concat([before.subarray(0, at), Buffer.alloc(before.length - at)]),
        how: `zeros from byte ${at} of ${before.length}`,
      };
    case 'swapped':
      return other === undefined ? undefined : { bytes: readFileSync(other), how: `given the content of ${other}` };
  }
}
