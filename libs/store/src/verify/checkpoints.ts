import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { findStrangeEntry } from '../checkpoints.ts';
import { linkStatOf, openPlainFile } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { moveToQuarantine } from '../quarantine.ts';
import { entriesOf } from '../walk.ts';
import type { Finding } from './finding.ts';

const SUFFIX = '.checkpoint';
const DIGEST_BYTES = 32;

/**
 * All that a stage leaves to go on from is its own; but a file named `.checkpoint` ends with the SHA-256 of all bytes
 * before, so that damage can be told without knowing the stage.
 */
export async function checkCheckpoints(
  layout: StoreLayout,
  key: string,
): Promise<{ files: number; findings: Finding[] }> {
  const folder = layout.checkpoint(key);
  const strange = await findStrangeEntry(folder);
  if (strange !== undefined) return { files: 0, findings: [strangeFolder(layout, key, strange)] };
  const names = (await entriesOf(layout, folder)).map(({ name }) => name).filter((name) => name.endsWith(SUFFIX));
  const findings: Finding[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const damage = await findDamage(path);
    if (damage === undefined) continue;
    const setAside = () => moveToQuarantine(layout, `checkpoint-${key}`, damage, { [name]: path });
    const advice = 'The stage resumes from the previous checkpoint, or starts again.';
    findings.push({ kind: 'checkpoint', name: key, path, damage, advice, setAside });
  }
  return { files: names.length, findings };
}

function strangeFolder(layout: StoreLayout, key: string, damage: string): Finding {
  const path = layout.checkpoint(key);
  const setAside = () => moveToQuarantine(layout, `checkpoints-${key}`, damage, { checkpoints: path });
  return { kind: 'checkpoint', name: key, path, damage, advice: 'The stage starts again.', setAside };
}

/** A file that is gone since was replaced by a newer one. */
async function findDamage(path: string): Promise<string | undefined> {
  const file = await openPlainFile(path);
  if (file === undefined) return (await linkStatOf(path)) && 'it cannot be read';
  try {
    const { size } = await file.stat();
    if (size < DIGEST_BYTES) return `it has ${size} bytes`;
    const end = size - DIGEST_BYTES;
    const { buffer } = await file.read({ buffer: Buffer.alloc(DIGEST_BYTES), position: end });
    return (await digestUpTo(file, end)).equals(buffer) ? undefined : 'its bytes do not match its digest';
  } finally {
    await file.close();
  }
}

async function digestUpTo(file: FileHandle, end: number): Promise<Buffer> {
  const hash = createHash('sha256');
  if (end === 0) return hash.digest();
  const stream = file.createReadStream({ start: 0, end: end - 1, highWaterMark: 1 << 20, autoClose: false });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest();
}
