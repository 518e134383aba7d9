import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '@retort/pack';
import type { TestProject } from 'vitest/node';
import { configuredRegistry, publish, startRegistry } from './registry.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of this machine, with all that is published of Retort; undefined where the configured one, which has the rest, does not answer. */
    registry: string | undefined;
    /** `all`: with what is too slow for every change. */
    mode: string;
  }
}

/** Packs and publishes once for all suites. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const uplink = await configuredRegistry();
  if (uplink === undefined) {
    project.provide('registry', undefined);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'retort-packages-'));
  const registry = await startRegistry(uplink);
  const tearDown = async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const root = join(import.meta.dirname, '../../..');
    for (const tarball of await pack({ root, out: join(folder, 'dist'), onlyHere: true }))
      await publish(tarball, registry.url);
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide('registry', registry.url);
  return tearDown;
}
