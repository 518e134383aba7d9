import { homedir } from 'node:os';
import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';

/** Variables that say where the hub is and where its files are kept, as HuggingFace's own tools read them. */
export type HubEnvironment = Readonly<Record<string, string | undefined>>;

/** The hub's address, without a slash at the end. */
export function hubAddress({ HF_ENDPOINT }: HubEnvironment): string {
  return (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
}

/**
 * Scheme, host and port of the hub: where the token may go.
 *
 * @throws RetortError HUB_ADDRESS when HF_ENDPOINT is no address
 */
export function hubOrigin(env: HubEnvironment): string {
  const address = hubAddress(env);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && `${url.username}${url.password}` === '') return url.origin;
  const message =
    'HF_ENDPOINT is not the address of a hub. Expected "https://<host>", without a user name or password. To sign in, set HF_TOKEN.';
  throw new RetortError('HUB_ADDRESS', message);
}

/** How long nothing, or hardly anything, may come. */
export function secondsOfPatience({ HF_HUB_DOWNLOAD_TIMEOUT }: HubEnvironment): number {
  const seconds = Number(HF_HUB_DOWNLOAD_TIMEOUT);
  return seconds > 0 && seconds <= 86_400 ? seconds : 30;
}

/** The cache that HuggingFace's own tools share. */
export function cacheFolder(env: HubEnvironment): string {
  const given = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'];
  return given || join(huggingFaceHome(env), 'hub');
}

export function huggingFaceHome(env: HubEnvironment): string {
  return env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
}

export interface ModelPlaces {
  /** Files by the digest that the hub gives them. */
  readonly blobs: string;
  /** Links to blobs under the files' own names. */
  readonly snapshot: string;
  /** What this project remembers of the hub's answers: see `file-list.ts`, `revision.ts`. */
  readonly answers: string;
}

/** Where the files of a model lie, in the layout of HuggingFace's own tools. */
export function placesOf(repository: string, commit: string, env: HubEnvironment): ModelPlaces {
  const model = join(cacheFolder(env), `models--${repository.replaceAll('/', '--')}`);
  return { blobs: join(model, 'blobs'), snapshot: join(model, 'snapshots', commit), answers: join(model, 'retort') };
}

export function isOffline({ HF_HUB_OFFLINE }: HubEnvironment): boolean {
  return ['1', 'true', 'yes', 'on'].includes((HF_HUB_OFFLINE ?? '').toLowerCase());
}
