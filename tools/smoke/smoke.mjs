#!/usr/bin/env node
// @ts-check
// Runs pipelines twice in a fresh store, as a person would: the second time everything must be cached, with the same digests.
// usage: node tools/smoke/smoke.mjs <pipeline>...
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparisons } from './comparisons.mjs';

const workspace = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} pipeline
 * @param {string} store
 * @returns {Promise<import('./comparisons.mjs').Run>}
 */
async function run(pipeline, store) {
  const startedAt = performance.now();
  const nx = spawn('npx', ['nx', 'run', `pipeline:${pipeline}`, '--store', store, '--json'], {
    cwd: workspace,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of nx.stdout) output += chunk;
  const exitCode = nx.exitCode ?? (await new Promise((resolve) => nx.on('exit', resolve)));
  return { exitCode, output, seconds: (performance.now() - startedAt) / 1000 };
}

const store = mkdtempSync(join(tmpdir(), 'retort-smoke-'));
let [passed, failed] = [0, 0];
try {
  for (const pipeline of process.argv.slice(2)) {
    if (!existsSync(join(workspace, 'pipelines', `${pipeline}.pipeline.json`)))
      throw new Error(`there is no pipeline ${pipeline}`);
    const first = await run(pipeline, store);
    const second = await run(pipeline, store);
    for (const { name, problem } of comparisons(first, second)) {
      console.log(
        `${problem === undefined ? '✓' : '✗'} ${pipeline}: ${name}${problem === undefined ? '' : `: ${problem}`}`,
      );
      if (problem === undefined) passed += 1;
      else failed += 1;
    }
  }
} finally {
  rmSync(store, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
