import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from './bench.ts';
import { timed } from './repeat.ts';
import type { BenchReport, BenchResult } from './report.ts';
import { surroundings } from './surroundings.ts';

type Settings = Omit<BenchContext, 'scratchFolder'>;

/** Runs benches one after the other; one that fails does not keep the others from running. */
export async function runBenches(
  benches: readonly Bench[],
  settings: Settings,
  { onStart }: { onStart: (bench: Bench) => void },
): Promise<BenchReport> {
  const where = await surroundings(settings.workspace);
  const results: BenchResult[] = [];
  for (const bench of benches) {
    onStart(bench);
    results.push(await runBench(bench, settings));
  }
  return { surroundings: where, isQuick: settings.isQuick, benches: results };
}

async function runBench({ name, description, measure }: Bench, settings: Settings): Promise<BenchResult> {
  const scratchFolder = await mkdtemp(join(tmpdir(), `retort-bench-${name}-`));
  let result: Pick<BenchResult, 'outcomes' | 'error'> = { outcomes: [] };
  const milliseconds = await timed(async () => {
    try {
      result = { outcomes: await measure({ ...settings, scratchFolder }) };
    } catch (error) {
      result = { outcomes: [], error: error instanceof Error ? error.message : String(error) };
    }
  });
  await rm(scratchFolder, { recursive: true, force: true });
  return { name, description, seconds: milliseconds / 1000, ...result };
}
