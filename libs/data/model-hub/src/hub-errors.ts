import { RetortError } from '@retort/foundation/diagnostics';
import { type HubEnvironment, hubOrigin, secondsOfPatience } from './cache.ts';

/** Which model is asked for, for messages: `owner/name@revision`. */
export type Asked = string;

export function unreachable(asked: Asked, url: string, cause: unknown): RetortError {
  const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
  return new RetortError(
    'HUB_UNREACHABLE',
    `The hub could not be asked for ${asked} at ${url}: ${reason}. Check the network and HF_ENDPOINT, or bring the model's folder by its path.`,
    { cause },
  );
}

export function offline(asked: Asked): RetortError {
  return new RetortError(
    'HUB_OFFLINE',
    `${asked} is not in the cache, and HF_HUB_OFFLINE forbids asking the hub. Unset it once, or bring the model's folder by its path.`,
  );
}

/** What an answer that is no success means for the user. */
export function refusal(asked: Asked, response: Response, env: HubEnvironment): RetortError {
  const { status, headers } = response;
  const url = shown(new URL(response.url), env);
  const reason = headers.get('x-error-code') ?? '';
  if (status === 404 || reason === 'RepoNotFound') {
    const what =
      reason === 'RevisionNotFound'
        ? 'no such revision'
        : reason === 'EntryNotFound'
          ? 'no such file'
          : 'no such model or revision';
    return new RetortError(
      'HUB_NOT_FOUND',
      `The hub has ${what}: ${asked} (${status} from ${url}). Check the spelling; a private model needs HF_TOKEN.`,
    );
  }
  if (status === 401 || status === 403)
    return new RetortError(
      'HUB_UNAUTHORIZED',
      `${asked} may not be read (${status} from ${url}). Set HF_TOKEN to a token that may; where a model asks for consent, give it on its page first.`,
    );
  return new RetortError(
    'HUB_UNAVAILABLE',
    `The hub cannot give ${asked} now (${status} from ${url}). Run again later: what has come is kept.`,
  );
}

export function rateLimited(asked: Asked, seconds: number | undefined): RetortError {
  const wait = seconds === undefined ? '' : ` It asks to wait ${seconds} seconds.`;
  return new RetortError(
    'HUB_RATE_LIMITED',
    `The hub answers no more for now (429), asked for ${asked}.${wait} Run again later, or set HF_TOKEN: signed in, more may be asked. What has come is kept.`,
  );
}

/** A server that sends nothing, or a few bytes now and then, would be waited for without end. */
export function stalled(asked: Asked, env: HubEnvironment): RetortError {
  const seconds = secondsOfPatience(env);
  return new RetortError(
    'HUB_STALLED',
    `The hub's answer about ${asked} has stalled: hardly anything came in ${seconds} seconds. Run again later, or raise HF_HUB_DOWNLOAD_TIMEOUT.`,
  );
}

export function tooLong(asked: Asked, most: number): RetortError {
  return new RetortError(
    'HUB_TOO_LONG',
    `The hub's answer about ${asked} is longer than ${most} bytes, where it should end. Nothing of it was kept; look for a mirror or proxy that changes answers.`,
  );
}

export function badRedirect(asked: Asked, from: URL, how: string): RetortError {
  return new RetortError(
    'HUB_REDIRECT',
    `Asked for ${asked}, ${from.origin} redirects ${how}. This was not followed; check HF_ENDPOINT.`,
  );
}

export function badList(asked: Asked, what: string): RetortError {
  return new RetortError(
    'HUB_BAD_LIST',
    `The hub's list of the files of ${asked} ${what}. Check HF_ENDPOINT, or bring the model's folder by its path.`,
  );
}

export function filesChanged(asked: Asked): RetortError {
  return new RetortError(
    'HUB_CHANGED',
    `The hub lists other files for ${asked} than when this was planned, or could not be asked then. Run again; a commit never changes, so if it stays so, check HF_ENDPOINT.`,
  );
}

export function noSpace(
  asked: Asked,
  { path, missing, folder, free }: { path: string; missing: number; folder: string; free: number },
): RetortError {
  return new RetortError(
    'HUB_NO_SPACE',
    `${path} of ${asked} needs ${missing} more bytes, but only ${free} are free in ${folder}. Make room, or set HF_HUB_CACHE to a folder on a larger disk.`,
  );
}

/** Behind the question mark of another host's address stand signatures that let anybody in. */
function shown(url: URL, env: HubEnvironment): string {
  return url.origin === hubOrigin(env) ? url.href : `${url.origin}${url.pathname}`;
}
