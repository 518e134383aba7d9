import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ended, endOf, type RetortOptions, RetortProcess } from '@retort/lab';
import { killStage } from './stage-processes.ts';

/** Something that is done to a run. */
export type Harm =
  /** The process that passes a fault point for the n-th time ends there by SIGKILL: the runner's own, or a stage's. */
  | { readonly kind: 'fault'; readonly point: string; readonly pass: number }
  | {
      readonly kind: 'kill-runner' | 'kill-stage' | 'terminate' | 'interrupt' | 'interrupt-twice';
      readonly seconds: number;
    };

/** Two Ctrl-C closer together than this are taken for one. */
const MILLISECONDS_BETWEEN_INTERRUPTS = 700;

const MILLISECONDS_BETWEEN_LOOKS = 30;

export function nameOf(harm: Harm): string {
  return harm.kind === 'fault' ? `${harm.point}:${harm.pass}` : `${harm.kind} after ${harm.seconds.toFixed(2)} s`;
}

export interface Harmed extends Ended {
  /** False when the run was over before anything was done to it. */
  readonly wasHarmed: boolean;
  /** From the last signal to the end of the command. */
  readonly secondsToEnd: number;
}

/** Runs the command and does it harm. */
export async function harmed(options: RetortOptions, harm: Harm): Promise<Harmed> {
  const fault = harm.kind === 'fault' ? nameOf(harm) : undefined;
  const running = new RetortProcess({ ...options, fault });
  let wasHarmed = false;
  let at = performance.now();
  if (harm.kind !== 'fault') {
    await Promise.race([sleep(harm.seconds * 1000), running.ended]);
    at = performance.now();
    if (!running.hasEnded) wasHarmed = await strike(running, harm.kind, options.store);
    if (harm.kind === 'interrupt-twice') at = performance.now();
  }
  const ended = await running.ended;
  const secondsToEnd = (performance.now() - at) / 1000;
  return { ...ended, secondsToEnd, wasHarmed: wasHarmed || (harm.kind === 'fault' && isKilled(ended)) };
}

async function strike(running: RetortProcess, kind: Exclude<Harm['kind'], 'fault'>, store: string): Promise<boolean> {
  if (kind === 'kill-stage') return killNextStage(running, store);
  if (kind === 'kill-runner') running.signal('SIGKILL');
  if (kind === 'terminate') running.signal('SIGTERM');
  if (kind === 'interrupt' || kind === 'interrupt-twice') running.signal('SIGINT');
  if (kind === 'interrupt-twice') {
    await sleep(MILLISECONDS_BETWEEN_INTERRUPTS);
    if (!running.hasEnded) running.signal('SIGINT');
  }
  return true;
}

/** The stage that runs, or the one that starts next: between two there is none. */
async function killNextStage(running: RetortProcess, store: string): Promise<boolean> {
  while (!running.hasEnded) {
    if (killStage(store)) return true;
    await sleep(MILLISECONDS_BETWEEN_LOOKS);
  }
  return false;
}

/** The runner died at a fault point, or told that a stage's process was killed. */
function isKilled({ signal, events }: Ended): boolean {
  return signal === 'SIGKILL' || events.some((event) => event.event === 'stage-finished' && wasCrash(event.stage));
}

function wasCrash({ error }: { readonly error?: { readonly code: string; readonly message: string } }): boolean {
  return error?.code === 'STAGE_CRASHED' && error.message.includes('SIGKILL');
}

/** What a command ends with after each harm; a run that is done in spite of it ends with 0. */
const ENDS: Readonly<Record<Harm['kind'], readonly (number | NodeJS.Signals)[]>> = {
  fault: ['SIGKILL', 1],
  'kill-runner': ['SIGKILL', 0],
  'kill-stage': [1, 0],
  terminate: [143, 'SIGTERM', 0],
  interrupt: [130, 'SIGINT', 0],
  'interrupt-twice': [130, 'SIGINT', 0],
};

/** A step of the cut pipeline takes milliseconds; the rest is a machine that has other things to do. */
const SECONDS_TO_END: Partial<Record<Harm['kind'], number>> = { interrupt: 15, 'interrupt-twice': 5 };

/** @throws Error when a command that was harmed so ended in another way, or too late */
export function requireRightEnd({ kind }: Harm, ended: Harmed): void {
  const isRight = ENDS[kind].includes(ended.signal ?? (ended.exitCode as number));
  assert(isRight, `ended with ${endOf(ended)}, expected ${ENDS[kind].join(' or ')}: ${ended.stderr.slice(-500)}`);
  const limit = SECONDS_TO_END[kind] ?? Number.POSITIVE_INFINITY;
  assert(ended.secondsToEnd <= limit, `took ${ended.secondsToEnd.toFixed(1)} s to end, expected ${limit} at most`);
}
