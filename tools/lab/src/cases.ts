import { type Experiment, type LabContext, Skipped } from './experiment.ts';
import type { CaseResult } from './report/report.ts';
import { isOver, type SuiteContext } from './suite-context.ts';

/** One thing that is tried. */
export interface Case {
  readonly name: string;
  /** Resolves to what was seen; rejects with what does not hold, or with `Skipped`. */
  readonly run: () => Promise<string | void>;
}

/** An experiment that consists of cases. */
export interface Suite<Context extends LabContext = SuiteContext> {
  readonly name: string;
  readonly description: string;
  /** Does no work: what cases share is made when the first of them runs. */
  readonly cases: (context: Context) => readonly Case[];
}

export function experimentOf<Context extends SuiteContext>(suite: Suite<Context>): Experiment<Context> {
  const { name, description } = suite;
  const wanted = (context: Context) => {
    const { case: part = '' } = context;
    return suite.cases(context).filter((each) => each.name.includes(part));
  };
  return {
    name,
    description,
    cases: (context) => wanted(context).map((each) => each.name),
    measure: async (context) => {
      const results: CaseResult[] = [];
      for (const each of wanted(context)) {
        const result = isOver(context) ? notTried(each) : await carryOut(each);
        const { status, detail = '', seconds } = result;
        context.say(`${status}  ${each.name}  ${detail}  ${seconds.toFixed(1)} s`);
        results.push(result);
      }
      return results;
    },
  };
}

/** Tries a case. Whatever it rejects with is in the result. */
export async function carryOut({ name, run }: Case): Promise<CaseResult> {
  const startedAt = performance.now();
  const end = (status: CaseResult['status'], detail: string | undefined): CaseResult => {
    const seconds = (performance.now() - startedAt) / 1000;
    return { name, status, seconds, ...(detail && { detail }) };
  };
  try {
    return end('held', (await run()) ?? undefined);
  } catch (error) {
    return end(error instanceof Skipped ? 'skipped' : 'failed', error instanceof Error ? error.message : String(error));
  }
}

/** Checks, and says in an error what was seen before. @returns what was seen */
export async function having(seen: string, check: () => unknown): Promise<string> {
  try {
    await check();
    return seen;
  } catch (error) {
    if (error instanceof Skipped) throw error;
    throw new Error(`${seen}: ${(error as Error).message}`, { cause: error });
  }
}

function notTried({ name }: Case): CaseResult {
  return { name, status: 'skipped', seconds: 0, detail: 'no time left' };
}
