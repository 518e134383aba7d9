// Plain JavaScript, because the command's own code is remembered by it before any TypeScript can be loaded.
import { stat } from 'node:fs/promises';

/**
 * What a file system says of a file: device, inode, size, and the times of its bytes and of itself, in nanoseconds. Two that are
 * equal are the same file, unchanged, as far as its file system's clock can tell. Never compared with the time of a
 * machine, whose clock may be another. As text: nanoseconds do not fit a number.
 *
 * @typedef {string} FileIdentity
 */

/**
 * Of the file that a link leads to.
 *
 * @param {string} path
 * @returns {Promise<FileIdentity>}
 */
export async function fileIdentity(path) {
  return identityIn(await stat(path, { bigint: true }));
}

/**
 * @param {import('node:fs').BigIntStats} stats
 * @returns {FileIdentity}
 */
export function identityIn({ dev, ino, size, mtimeNs, ctimeNs }) {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;
/** Ticks of the clocks of file systems: a few milliseconds, or two seconds where times are whole seconds. */
const TICK_MILLISECONDS = 50;
const COARSE_TICK_MILLISECONDS = 2500;

/**
 * Whether a file was left alone for long enough before it was read that another change would show in its identity: one that
 * changes twice within a tick of its clock keeps its times.
 *
 * @param {FileIdentity} identity
 * @param {number} readAt  milliseconds since 1970, by the clock that gave the file its times
 */
export function isSettled(identity, readAt) {
  return changedAt(identity) < readAt - settlingMilliseconds(identity);
}

/**
 * How long a file that is read has to have had this identity, so that every later change shows in it. Where nobody knows
 * the clock of its file system, the time is waited for instead.
 *
 * @param {FileIdentity} identity
 */
export function settlingMilliseconds(identity) {
  const isCoarse = changeTime(identity) % NANOSECONDS_PER_SECOND === 0n;
  return isCoarse ? COARSE_TICK_MILLISECONDS : TICK_MILLISECONDS;
}

/** @param {FileIdentity} identity */
function changedAt(identity) {
  return Number(changeTime(identity) / NANOSECONDS_PER_MILLISECOND);
}

/** @param {FileIdentity} identity */
function changeTime(identity) {
  return BigInt(/** @type {string} */ (identity.split(' ')[4]));
}
