import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

export interface Registry {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The registry that npm is configured with; undefined where it does not answer. */
export async function configuredRegistry(): Promise<string | undefined> {
  const url = (await execa('npm', ['config', 'get', 'registry'])).stdout.trim();
  const answer = await fetch(new URL('ajv', url), { signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
  return answer?.ok ? url : undefined;
}

const home = join(import.meta.dirname, '../registry');
const verdaccio = join(home, 'node_modules/verdaccio');

/** Verdaccio has a lock of its own, so that nobody else has to install its 276 packages. */
async function installVerdaccio(): Promise<void> {
  const manifestOf = async (folder: string) =>
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')) as Readonly<{
      version?: string;
      dependencies?: { verdaccio: string };
    }>;
  const [{ dependencies }, { version }] = await Promise.all([manifestOf(home), manifestOf(verdaccio)]);
  if (version === dependencies?.verdaccio) return;
  await execa('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: home });
}

/** A registry of this machine, for a test: it holds what is published to it, and asks `uplink` for all else. */
export async function startRegistry(uplink: string): Promise<Registry> {
  await installVerdaccio();
  const folder = await mkdtemp(join(tmpdir(), 'retort-registry-'));
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'users') } },
    uplinks: { npm: { url: uplink, timeout: '60s' } },
    packages: {
      '@retort/*': { access: '$all', publish: '$anonymous' },
      'retort-plugin-*': { access: '$all', publish: '$anonymous' },
      '**': { access: '$all', proxy: 'npm' },
    },
    max_body_size: '1gb',
    log: { type: 'stdout', format: 'json', level: 'error' },
  };
  // JSON is YAML.
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
  const port = await freePort();
  const args = ['--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`];
  const child = spawn(process.execPath, [join(verdaccio, 'bin/verdaccio'), ...args], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/`;
  const close = async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill()) await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 120; tries++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(new URL('-/ping', url)).catch(() => undefined);
    if (answer?.ok) return { url, close };
    await sleep(500);
  }
  await close();
  throw new Error('Verdaccio did not start.');
}

/** @param packed  a folder or a tarball */
export async function publish(packed: string, registry: string): Promise<void> {
  const token = `--${registry.replace('http:', '')}:_authToken=none`;
  await execa('npm', ['publish', packed, '--registry', registry, token, '--loglevel=error']);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
