// @ts-check
import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPORTS_FOLDER } from '../nx/targets.mjs';
import { summarize, summaryLine } from './summary.mjs';

/**
 * Runs `nx run-many -t test`, names what was skipped, and prints the counts as the very last line. What did not change since it last
 * passed comes out of Nx's cache, with its report, and is counted like the rest.
 *
 * @param {string} workspace
 * @param {readonly string[]} args for Nx, such as `--projects=tag:layer:model` or `--skip-nx-cache`
 * @returns {Promise<number>} exit code: that of Nx, or 1 where that was 0 but something failed
 */
export async function runTests(workspace, args) {
  const reports = join(workspace, REPORTS_FOLDER);
  await rm(reports, { recursive: true, force: true });
  const exitCode = await runNx(workspace, ['run-many', '-t', 'test', ...args]);
  const { passed, failed, skipped, problems } = summarize(await readReports(reports), exitCode);
  for (const name of skipped) console.log(`skipped: ${name}`);
  for (const problem of problems) console.log(`problem: ${problem}`);
  console.log(summaryLine({ passed, failed, skipped: skipped.length }));
  return exitCode || (failed > 0 ? 1 : 0);
}

/**
 * @param {string} workspace
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runNx(workspace, args) {
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [nx, ...args], { cwd: workspace, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * @param {string} folder
 * @returns {Promise<import('./summary.mjs').Report[]>} empty where no test runner came so far
 */
async function readReports(folder) {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
}
