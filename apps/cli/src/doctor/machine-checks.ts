import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { formatBytes } from '../render/units.ts';
import { coreCount } from '../settings.ts';
import type { Check } from './check.ts';

/** The oldest Node that this project runs on, as [major, minor]. */
const OLDEST_NODE = [20, 19] as const;

/** Vector extensions worth naming: they decide how fast the processor multiplies matrices. */
const VECTOR_EXTENSIONS = [
  'sse4_2',
  'avx',
  'fma',
  'avx2',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx_vnni',
  'amx_tile',
  'amx_bf16',
  'amx_int8',
  'asimd',
  'sve',
  'i8mm',
  'bf16',
];

export function nodeCheck(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const fits = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (fits) return { name: 'node', status: 'ok', detail: version };
  return {
    name: 'node',
    status: 'failed',
    detail: `${version}, but ${OLDEST_NODE.join('.')} or newer is needed`,
    remedy: 'Install Node 20.19 or newer: https://nodejs.org',
  };
}

export async function npmCheck(): Promise<Check> {
  const { exitCode, stdout } = await execa('npm', ['--version'], { reject: false, timeout: 10_000 });
  if (exitCode === 0) return { name: 'npm', status: 'ok', detail: stdout.trim() };
  return { name: 'npm', status: 'missing', detail: 'not found; only needed for installing' };
}

export async function machineChecks(): Promise<Check[]> {
  const extensions = await vectorExtensions();
  return [
    { name: 'system', status: 'ok', detail: `${platform()} ${release()}, ${arch()}` },
    {
      name: 'processor',
      status: 'ok',
      detail: `${cpus()[0]?.model.trim() || 'unknown'}, ${coreCount()} cores for this process`,
    },
    { name: 'vector extensions', status: 'ok', detail: extensions ?? 'unknown on this system' },
    {
      name: 'memory',
      status: 'ok',
      detail: formatBytes(process.constrainedMemory() ? Math.min(process.constrainedMemory(), totalmem()) : totalmem()),
    },
  ];
}

async function vectorExtensions(): Promise<string | undefined> {
  try {
    const information = await readFile('/proc/cpuinfo', 'utf8');
    const flags = new Set((/^(?:flags|Features)\s*:\s*(.*)$/m.exec(information)?.[1] ?? '').split(' '));
    return VECTOR_EXTENSIONS.filter((extension) => flags.has(extension)).join(' ') || 'none';
  } catch {
    return undefined;
  }
}
