import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { UsageError } from '@retort/foundation/diagnostics';
import { findWorkspace, resolvePath, WORKSPACE_CONFIG } from '@retort/pipeline-schema';
import type { EngineName } from '@retort/plugin-kit';

/** What every command takes. */
export interface CommonOptions {
  readonly store?: string;
  readonly json?: boolean;
}

/** What decides the pipeline that is looked at. */
export interface PipelineOptions extends CommonOptions {
  readonly variant?: string;
  readonly set?: readonly string[];
  readonly engine?: EngineName;
  /** Cells of the matrix, whole or by some of their values; all of them when missing. */
  readonly onlyCell?: readonly string[];
}

/** What decides which stages run. */
export interface SelectionOptions extends PipelineOptions {
  readonly from?: string;
  readonly only?: string;
  readonly force?: boolean;
  readonly threads?: number;
}

export interface RunOptions extends SelectionOptions {
  readonly jobs?: number;
}

export interface DoctorOptions extends CommonOptions {
  readonly fix?: EngineName;
  readonly wheel?: readonly string[];
  readonly index?: string;
  readonly again?: boolean;
}

/** Where the command was typed and what it works on. */
export interface Surroundings {
  /** Absolute path of the folder that Retort's own code lies in: a checkout, or the installed package. */
  readonly installation: string;
  /** Absolute path of the folder that pipelines, store and caches belong to; undefined outside of any. */
  readonly workspace: string | undefined;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs on the processor and needs nothing beyond `npm ci`. */
export const DEFAULT_ENGINE: EngineName = 'onnx';

/** More stages at once than this help nobody: each trains on several cores, and each has its own memory. */
const MOST_DEFAULT_JOBS = 4;

/** RETORT_WORKSPACE, which the Nx plugin sets, then what the current folder belongs to. */
export function workspaceOf(cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  return env.RETORT_WORKSPACE ? resolvePath(cwd, env.RETORT_WORKSPACE) : findWorkspace(cwd);
}

/** @throws UsageError NO_WORKSPACE */
export function requireWorkspace({ workspace, cwd }: Pick<Surroundings, 'workspace' | 'cwd'>): string {
  if (workspace !== undefined) return workspace;
  const message = `${cwd} is not in a workspace: neither it nor any folder above has a ${WORKSPACE_CONFIG} or a package.json. Go to your project folder, or start one with npx retort init.`;
  throw new UsageError('NO_WORKSPACE', message);
}

/** Where memos are kept that save time alone. */
export function memoFolder({ workspace, installation }: Surroundings): string {
  return workspace ?? installation;
}

/** `--store`, then RETORT_STORE, both relative to the current folder; then `.retort` in the workspace. */
export function storeFolder({ store }: CommonOptions, surroundings: Surroundings): string {
  const given = store ?? (surroundings.env.RETORT_STORE || undefined);
  return given === undefined
    ? resolve(requireWorkspace(surroundings), '.retort')
    : resolvePath(surroundings.cwd, given);
}

/**
 * The store of a command that only looks at what is there.
 *
 * @throws UsageError STORE_NOT_FOUND: a mistyped --store would be called empty, and intact
 */
export function existingStoreFolder(options: CommonOptions, surroundings: Surroundings): string {
  const folder = storeFolder(options, surroundings);
  if (options.store === undefined || existsSync(folder)) return folder;
  throw new UsageError('STORE_NOT_FOUND', `There is no store at ${folder}. Check --store.`);
}

export function coreCount(): number {
  return Math.max(1, availableParallelism());
}

/**
 * Cores that all stages of a run together may keep busy.
 *
 * @throws UsageError USAGE_TOO_MANY_THREADS: more threads than cores only wait for each other
 */
export function coresFor({ threads }: Pick<SelectionOptions, 'threads'>, cores: number = coreCount()): number {
  if (threads === undefined || threads <= cores) return threads ?? cores;
  const message = `--threads is ${threads}, but this process has ${cores} cores. Give at most ${cores}.`;
  throw new UsageError('USAGE_TOO_MANY_THREADS', message);
}

/**
 * One stage for every four cores. A stage keeps the cores that it was started with, so that of two that share a small
 * machine the longer one would go on with half of it after the other has ended.
 */
export function defaultJobs(cores: number): number {
  return Math.min(MOST_DEFAULT_JOBS, Math.max(1, Math.floor(cores / 4)));
}
