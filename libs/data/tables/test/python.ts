import { spawnSync } from 'node:child_process';

const INTERPRETER = process.env['RETORT_PYTHON'] ?? 'python3';

/** Whether the interpreter (`RETORT_PYTHON`, else `python3`) can import all modules. */
export function pythonHas(...modules: readonly string[]): boolean {
  return spawnSync(INTERPRETER, ['-c', `import ${modules.join(', ')}`]).status === 0;
}

/** Runs a script that prints JSON, with `args` as `sys.argv[1:]`. */
export function runPython(script: string, ...args: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(INTERPRETER, ['-c', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`python failed: ${stderr}`);
  return JSON.parse(stdout);
}
