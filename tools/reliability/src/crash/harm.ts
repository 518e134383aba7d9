import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandOptions, Ended } from './retort-process.ts';
import { RetortProcess } from './retort-process.ts';

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
export async function harmed(options: CommandOptions, harm: Harm): Promise<Harmed> {
  const fault = harm.kind === 'fault' ? `${harm.point}:${harm.pass}` : undefined;
  const running = new RetortProcess({ ...options, fault });
  let wasHarmed = false;
  let at = performance.now();
  if (harm.kind !== 'fault') {
    await Promise.race([sleep(harm.seconds * 1000), running.ended]);
    at = performance.now();
    if (!running.hasEnded) wasHarmed = await strike(running, harm.kind);
    if (harm.kind === 'interrupt-twice') at = performance.now();
  }
  const ended = await running.ended;
  const secondsToEnd = (performance.now() - at) / 1000;
  return { ...ended, secondsToEnd, wasHarmed: wasHarmed || (harm.kind === 'fault' && isKilled(ended)) };
}

async function strike(running: RetortProcess, kind: Exclude<Harm['kind'], 'fault'>): Promise<boolean> {
  if (kind === 'kill-stage') return killNextStage(running);
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
async function killNextStage(running: RetortProcess): Promise<boolean> {
  while (!running.hasEnded) {
    if (running.killStage()) return true;
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

/** What a command must end with after this was done to it; undefined when it did. */
export function findWrongEnd(harm: Harm, { exitCode, signal, secondsToEnd, stderr }: Harmed): string | undefined {
  const isDone = exitCode === 0;
  const end = signal ?? `code ${exitCode}`;
  const wrong = (expected: string) => `ended with ${end}, expected ${expected}: ${stderr.slice(-500)}`;
  switch (harm.kind) {
    case 'fault':
      return signal === 'SIGKILL' || exitCode === 1 ? undefined : wrong('SIGKILL, or 1 for a killed stage');
    case 'kill-runner':
      return signal === 'SIGKILL' || isDone ? undefined : wrong('SIGKILL');
    case 'kill-stage':
      return exitCode === 1 || isDone ? undefined : wrong('1');
    case 'terminate':
      return exitCode === 143 || signal === 'SIGTERM' || isDone ? undefined : wrong('143');
    case 'interrupt':
    case 'interrupt-twice': {
      if (exitCode !== 130 && signal !== 'SIGINT' && !isDone) return wrong('130');
      const limit = harm.kind === 'interrupt' ? SECONDS_TO_STOP : SECONDS_TO_END;
      return secondsToEnd > limit ? `took ${secondsToEnd.toFixed(1)} s to end, expected ${limit} at most` : undefined;
    }
  }
}

/** A step of the cut pipeline takes milliseconds; the rest is a machine that has other things to do. */
const SECONDS_TO_STOP = 15;
const SECONDS_TO_END = 5;
