// Compiles simd/kernels.ts to WebAssembly and writes it, as base64, to src/kernels.generated.ts.
// `--check` compares instead of writing and exits 1 when the file is stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const here = import.meta.dirname;
const target = join(here, '../src/kernels.generated.ts');
const folder = mkdtempSync(join(tmpdir(), 'retort-simd-'));
try {
  const output = join(folder, 'kernels.wasm');
  const options = ['--importMemory', '--runtime', 'stub', '--noAssert', '--use', 'abort='];
  // Fetched when it is needed: the compiler weighs 100 MB, and these kernels seldom change.
  const compile = ['exec', '--yes', '--package=assemblyscript@0.28.20', '--', 'asc', 'kernels.ts', '--baseDir', here];
  await execa('npm', [...compile, '--outFile', output, '-O3', '--enable', 'simd', ...options], { stdio: 'inherit' });
  const text = `// Made by \`node libs/model/engine/simd/build-simd.mjs\` from simd/kernels.ts. Do not edit.\n/** WebAssembly module, base64. Imports env.memory. */\nexport const KERNELS_BASE64 =\n  '${readFileSync(output).toString('base64')}';\n`;
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is stale: run node libs/model/engine/simd/build-simd.mjs`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
