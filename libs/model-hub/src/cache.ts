import { homedir } from 'node:os';
import { join } from 'node:path';

/** Variables that say where the hub is and where its files are kept, as HuggingFace's own tools read them. */
export type HubEnvironment = Readonly<Record<string, string | undefined>>;

/** The hub's address, without a slash at the end. */
export function hubAddress({ HF_ENDPOINT }: HubEnvironment): string {
  return (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
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
