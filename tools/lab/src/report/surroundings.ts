import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Where and with what something was measured: figures mean nothing without it. */
export interface Surroundings {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Undefined outside of a git checkout. */
  readonly commit?: string;
  /** Files differed from the commit. */
  readonly isModified?: boolean;
  readonly system: string;
  readonly processor: string;
  /** That this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Undefined where the system does not tell. */
  readonly vectorExtensions?: readonly string[];
  readonly node: string;
  /** Installed versions of the packages that decide speed. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Those that decide how fast matrices are multiplied, and how. */
const VECTOR_EXTENSIONS = new Set(
  'sse4_2 avx fma avx2 avx512f avx512_vnni avx512_bf16 avx_vnni amx_tile asimd asimddp sve i8mm bf16'.split(' '),
);
const PACKAGES = ['onnxruntime-node', '@tensorflow/tfjs-core', 'tokenizers', 'apache-arrow', 'esbuild'];

export async function surroundings(workspace: string): Promise<Surroundings> {
  const extensions = await vectorExtensions();
  const limit = process.constrainedMemory();
  return {
    date: new Date().toISOString(),
    ...(await checkout(workspace)),
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: limit ? Math.min(limit, totalmem()) : totalmem(),
    ...(extensions ? { vectorExtensions: extensions } : {}),
    node: process.versions.node,
    packages: await packageVersions(workspace),
  };
}

async function checkout(workspace: string): Promise<Pick<Surroundings, 'commit' | 'isModified'>> {
  const git = (...args: string[]) => execa('git', args, { cwd: workspace, reject: false });
  const [head, status] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain')]);
  return head.exitCode === 0 ? { commit: head.stdout.trim(), isModified: status.stdout.trim() !== '' } : {};
}

async function vectorExtensions(): Promise<string[] | undefined> {
  const information = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(information)?.[1];
  return flags?.split(' ').filter((flag) => VECTOR_EXTENSIONS.has(flag));
}

async function packageVersions(workspace: string): Promise<Record<string, string>> {
  const versions = PACKAGES.map(async (name) => {
    const manifest = await readFile(join(workspace, 'node_modules', name, 'package.json'), 'utf8');
    return [name, (JSON.parse(manifest) as { version: string }).version] as const;
  });
  return Object.fromEntries(await Promise.all(versions));
}
