import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const store = mkdtempSync(join(tmpdir(), 'retort-minilm-'));
afterAll(() => rmSync(store, { recursive: true, force: true }));

interface Finished {
  readonly stages: readonly {
    readonly id: string;
    readonly status: string;
    readonly metrics?: Readonly<Record<string, number>>;
  }[];
}

/** What each stage of the pipeline says at the end. */
function run(...options: string[]): Finished['stages'] {
  const command = ['retort', 'run', './minilm.pipeline.json', '--store', store, '--json', ...options];
  const lines = execFileSync('npx', command, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
  return (JSON.parse(lines.at(-1) as string) as Finished).stages;
}

it('a student learns value relations, from stored answers and from its teacher alike', () => {
  const [stored, online] = [run(), run('--variant', 'online', '--only', 'student-train')].map((stages) => {
    const { metrics, status } = stages.find(({ id }) => id === 'student-train') ?? {};
    expect(status).toBe('ran');
    return metrics?.['valueRelation'] as number;
  }) as [number, number];
  expect(stored).toBeGreaterThan(0);
  expect(Math.abs(online / stored - 1)).toBeLessThan(1e-5);
}, 300_000);
