import { probeEngine } from '@retort/engine/probe';
import type { EngineName } from '@retort/plugin-kit';

/** The program of a process that tries one engine: `<engine> <threads>`. Its last line is the result as JSON. */
const [engine, threads] = process.argv.slice(2) as [EngineName, string];
const probe = await probeEngine(engine, { threads: Number(threads) }).catch((error: Error) => ({
  error: error.message,
}));
process.stdout.write(`\n${JSON.stringify(probe)}\n`, () => process.exit('error' in probe ? 1 : 0));
