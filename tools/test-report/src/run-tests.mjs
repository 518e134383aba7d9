// @ts-check
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { summarize, summaryLine } from './summary.mjs';

/**
 * Runs vitest once with its usual output, names what was skipped, and prints the counts as the very last line.
 *
 * @param {readonly string[]} args for vitest
 * @returns {Promise<number>} exit code: vitest's own, or 1 where that was 0 but something failed
 */
export async function runTests(args) {
  const folder = await mkdtemp(join(tmpdir(), 'retort-tests-'));
  try {
    const reportFile = join(folder, 'report.json');
    const exitCode = await runVitest(['run', ...reporters(args), `--outputFile.json=${reportFile}`, ...args]);
    const { passed, failed, skipped, problems } = summarize(await readReport(reportFile), exitCode);
    for (const name of skipped) console.log(`skipped: ${name}`);
    for (const problem of problems) console.log(`problem: ${problem}`);
    console.log(summaryLine({ passed, failed, skipped: skipped.length }));
    return exitCode || (failed > 0 ? 1 : 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} args */
function reporters(args) {
  const chosen = args.some((arg) => /^--reporters?(=|$)/.test(arg));
  return chosen ? ['--reporter=json'] : ['--reporter=default', '--reporter=json'];
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runVitest(args) {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * @param {string} file
 * @returns {Promise<import('./summary.mjs').Report | undefined>}
 */
async function readReport(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
