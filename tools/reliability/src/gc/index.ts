import { RandomStream, streamKey } from '@retort/foundation/random';
import { GC_FAULT_POINTS } from '@retort/store';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import { besideReference, runBesideGc } from './beside-run.ts';
import { createLitteredStore } from './littered-store.ts';
import { type GcReference, gcReference, killedGc } from './trial.ts';

const ROUNDS = 40;
/** Random moments for each run with collections beside it, which takes as long as many. */
const ROUNDS_FOR_RUN = 4;
const PASSED_ONCE: ReadonlySet<string> = new Set([
  'gc.begun',
  'gc.index-pruned',
  'gc.claims-swept',
  'gc.trash-emptied',
]);
/** Later passes at which each fault point is tried as well. */
const LATER_PASSES = 8;
/** Of a collection's length: before, the command itself is being loaded. */
const FIRST_MOMENT = 0.3;

/** Garbage collection that is killed in the middle, alone and while a run goes on. */
export const gc: Suite = {
  name: 'gc',
  description:
    'gc killed at every fault point and at random moments, also beside a run: nothing needed is lost, the next one cleans up',
  hasNamedCases: true,
  run: async (settings) => {
    const littered = await createLitteredStore(settings.workspace);
    try {
      const reference = await gcReference(settings.workspace, littered);
      return [
        ...(await eachPoint(reference, settings)),
        ...(await randomMoments(reference, settings)),
        ...(await besideRuns(reference, settings)),
      ];
    } finally {
      littered.remove();
    }
  },
};

async function eachPoint(reference: GcReference, settings: SuiteSettings): Promise<SuiteCase[]> {
  const random = new RandomStream(streamKey(settings.seed, 'gc-passes'));
  const cases: SuiteCase[] = [];
  for (const point of GC_FAULT_POINTS) {
    for (const pass of PASSED_ONCE.has(point) ? [1] : [1, 2 + random.below(LATER_PASSES)]) {
      const name = `gc killed at ${point}:${pass}`;
      if (!isWanted(name, settings)) continue;
      const each = await atPoint(reference, { name, point, pass });
      settings.say(`${each.status}  ${name}  ${each.detail ?? ''}`);
      cases.push(each);
    }
  }
  return cases;
}

async function atPoint(
  reference: GcReference,
  { name, point, pass }: { name: string; point: string; pass: number },
): Promise<SuiteCase> {
  const { wasKilled, fault } = await killedGc(reference, { fault: `${point}:${pass}` });
  // A point that is never passed would make this case hold for ever; a late pass may be one that there is not.
  if (!wasKilled && pass === 1) return { name, status: 'failed', detail: 'gc did not pass this point' };
  if (!wasKilled) return { name, status: 'skipped', detail: 'gc did not pass this point so often' };
  return caseOf(name, fault);
}

async function randomMoments(reference: GcReference, settings: SuiteSettings): Promise<SuiteCase[]> {
  const { rounds = ROUNDS, seconds = Number.POSITIVE_INFINITY, seed, say } = settings;
  const random = new RandomStream(streamKey(seed, 'gc-moments'));
  const until = performance.now() + seconds * 1000;
  const cases: SuiteCase[] = [];
  for (let round = 1; round <= rounds && performance.now() < until; round++) {
    const at = reference.seconds * (FIRST_MOMENT + (1 - FIRST_MOMENT) * random.unit());
    const name = `gc killed at random moment ${round}`;
    if (!isWanted(name, settings)) continue;
    const { wasKilled, fault } = await killedGc(reference, { seconds: at });
    const each = caseOf(name, fault);
    cases.push(wasKilled || each.status === 'failed' ? each : { ...each, detail: 'it had ended before' });
    say(`${each.status}  ${name}  after ${at.toFixed(2)} s${fault === undefined ? '' : `: ${fault}`}`);
  }
  return cases;
}

async function besideRuns(
  { workspace, littered, seconds: gcSeconds }: GcReference,
  settings: SuiteSettings,
): Promise<SuiteCase[]> {
  const { rounds = ROUNDS, seconds = Number.POSITIVE_INFINITY, seed, say } = settings;
  const names = Array.from({ length: Math.ceil(rounds / ROUNDS_FOR_RUN) }, (_, i) => `run ${i + 1} with gc beside it`);
  const wanted = names.filter((name) => isWanted(name, settings));
  if (wanted.length === 0) return [];
  const random = new RandomStream(streamKey(seed, 'gc-beside-run'));
  const reference = await besideReference(workspace, littered, gcSeconds);
  const until = performance.now() + seconds * 1000;
  const cases: SuiteCase[] = [];
  for (const name of wanted) {
    if (performance.now() > until) break;
    const { fault, seen } = await runBesideGc(reference, random);
    const each = { ...caseOf(name, fault), detail: fault === undefined ? seen : `${seen}: ${fault}` };
    cases.push(each);
    say(`${each.status}  ${name}  ${each.detail}`);
  }
  return cases;
}

function caseOf(name: string, fault: string | undefined): SuiteCase {
  return fault === undefined ? { name, status: 'held' } : { name, status: 'failed', detail: fault };
}
