import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** How long a stage that was asked to stop may go on before its process is ended. */
export const SECONDS_TO_STOP = 20;

/**
 * Runs in a thread of its own: a stage that computes without a pause never lets the main thread see a signal, yet it
 * must hear the wish to stop, and must not outlive the runner. Where the process leads a group, as the local executor
 * starts it, what it started ends with it. A string, because the host is bundled into one file.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { Socket } = require('node:net');
const interrupted = new Int32Array(workerData.interrupted);
const end = () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {}
  process.kill(process.pid, 'SIGKILL');
};
const stop = () => {
  if (Atomics.exchange(interrupted, 0, 1) === 0) setTimeout(end, workerData.millisecondsToStop);
};
parentPort.on('message', stop);
if (workerData.watchesInput) {
  const input = new Socket({ fd: 0, readable: true, writable: false });
  input.on('data', stop).on('error', end).on('close', end);
}`;

/**
 * Listens for the runner: SIGTERM, or any byte on standard input, asks the stage to stop; the end of standard input
 * means that the runner is gone, and ends the process at once. SIGINT is ignored: a terminal sends it to runner and
 * stages alike, and the runner decides.
 *
 * @returns whether the stage has been asked to stop
 */
export function listenToRunner(): () => boolean {
  const interrupted = new SharedArrayBuffer(4);
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { interrupted, millisecondsToStop: SECONDS_TO_STOP * 1000, watchesInput: isPipe(0) },
  });
  thread.unref();
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => thread.postMessage('stop'));
  const flag = new Int32Array(interrupted);
  return () => Atomics.load(flag, 0) === 1;
}

/** A terminal or /dev/null says nothing about the runner. */
function isPipe(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isSocket() || status.isFIFO();
  } catch {
    return false;
  }
}
