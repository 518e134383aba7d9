import { setTimeout } from 'node:timers/promises';
import type { Measurement, Unit } from '@retort/lab';
import { spreadOf } from '../repeat.ts';

/** Does its work `repetitions` times, one after the other. @returns milliseconds of each */
export type Contender = (repetitions: number) => Promise<number[]>;

/** Threads of the one before may still spin for a moment. */
const PAUSE_MILLISECONDS = 300;

/**
 * Times of all contenders, measured in turns: what disturbs a machine for a minute disturbs all of them. The first
 * repetition of every turn only warms caches up.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, repetitions }: { rounds: number; repetitions: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      await setTimeout(PAUSE_MILLISECONDS);
      times[name].push(...(await contenders[name](repetitions + 1)).slice(1));
    }
  }
  return times;
}

export interface Comparison {
  readonly name: string;
  /** `ours` in the names of ratios when left out. */
  readonly who?: string;
  readonly ours: readonly number[];
  /** Label -> times, with the most that the ratio of medians may be, where one is promised. */
  readonly peers: Readonly<Record<string, { readonly times: readonly number[]; readonly limit?: number }>>;
  readonly notes?: string;
}

/** Medians of all, then ours divided by each peer's. */
export function comparisonRows({ name, who = 'ours', ours, peers, notes }: Comparison): Measurement[] {
  const mine = spreadOf(ours);
  const rows: Measurement[] = [{ name, unit: 'ms', ...mine, ...(notes === undefined ? {} : { notes }) }];
  for (const [label, { times }] of Object.entries(peers))
    rows.push({ name: `the same in ${label}`, unit: 'ms', ...spreadOf(times) });
  for (const [label, { times, limit }] of Object.entries(peers))
    rows.push(
      ratioRow({
        who,
        label,
        ours: mine.value,
        peer: spreadOf(times).value,
        ...(limit === undefined ? {} : { limit }),
      }),
    );
  return rows;
}

export function ratioRow({
  who = 'ours',
  label,
  ours,
  peer,
  limit,
}: {
  who?: string;
  label: string;
  ours: number;
  peer: number;
  limit?: number;
}): Measurement {
  return { ...single(`${who} / ${label}`, 'ratio', ours / peer), ...(limit === undefined ? {} : { limit }) };
}

/** A figure that was measured once. */
export function single(name: string, unit: Unit, value: number, notes?: string): Measurement {
  return { name, unit, ...spreadOf([value]), ...(notes === undefined ? {} : { notes }) };
}
