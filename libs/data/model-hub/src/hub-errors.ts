import { RetortError } from '@retort/foundation/diagnostics';
import { type HubEnvironment, hubOrigin, secondsOfPatience } from './cache.ts';

/** Which model is asked for, for messages: `owner/name@revision`. */
export type Asked = string;

export function unreachable(asked: Asked, url: string, cause: unknown): RetortError {
  const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
  return new RetortError(
    'HUB_UNREACHABLE',
    `The hub could not be reached for ${asked} at ${url}: ${reason}. Check the network and HF_ENDPOINT, or give the path of a local copy of the model.`,
    { cause },
  );
}

export function offline(asked: Asked): RetortError {
  return new RetortError(
    'HUB_OFFLINE',
    `${asked} is not in the cache, and HF_HUB_OFFLINE forbids a download. Unset HF_HUB_OFFLINE for one run, or give the path of a local copy of the model.`,
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
      `The hub denies access to ${asked} (${status} from ${url}). Set HF_TOKEN to a token with access. If the model has terms of use, accept them on its page first.`,
    );
  return new RetortError(
    'HUB_UNAVAILABLE',
    `The hub cannot send ${asked} now (${status} from ${url}). Run again later to resume.`,
  );
}

export function rateLimited(asked: Asked, seconds: number | undefined): RetortError {
  const wait = seconds === undefined ? '' : `, and asks you to wait ${seconds} seconds`;
  return new RetortError(
    'HUB_RATE_LIMITED',
    `The hub refuses further requests for ${asked} for now (429)${wait}. Run again later to resume, or set HF_TOKEN, which raises the limit.`,
  );
}

/** A server that sends nothing, or a few bytes now and then, would be waited for without end. */
export function stalled(asked: Asked, env: HubEnvironment): RetortError {
  const seconds = secondsOfPatience(env);
  return new RetortError(
    'HUB_STALLED',
    `The hub's response for ${asked} has stalled: almost no data arrived in ${seconds} seconds. Run again later, or raise HF_HUB_DOWNLOAD_TIMEOUT.`,
  );
}

export function tooLong(asked: Asked, most: number): RetortError {
  return new RetortError(
    'HUB_TOO_LONG',
    `The hub's response for ${asked} is longer than the expected ${most} bytes, so it was deleted. A mirror or proxy may be changing responses: check HF_ENDPOINT.`,
  );
}

export function badRedirect(asked: Asked, from: URL, how: string): RetortError {
  return new RetortError(
    'HUB_REDIRECT',
    `${from.origin} redirects the request for ${asked} ${how}. The redirect was not followed. Check HF_ENDPOINT.`,
  );
}

export function badList(asked: Asked, what: string): RetortError {
  return new RetortError(
    'HUB_BAD_LIST',
    `The hub's list of files for ${asked} ${what}. Check HF_ENDPOINT, or give the path of a local copy of the model.`,
  );
}

export function filesChanged(asked: Asked): RetortError {
  return new RetortError(
    'HUB_CHANGED',
    `The hub lists different files for ${asked} than when the run was planned, or was not reachable then. Run again. A commit never changes, so if this repeats, check HF_ENDPOINT.`,
  );
}

export function noSpace(
  asked: Asked,
  { path, missing, folder, free }: { path: string; missing: number; folder: string; free: number },
): RetortError {
  return new RetortError(
    'HUB_NO_SPACE',
    `${path} of ${asked} needs ${missing} more bytes, but only ${free} are free in ${folder}. Free some space, or set HF_HUB_CACHE to a folder on a larger disk.`,
  );
}

/** Behind the question mark of another host's address stand signatures that let anybody in. */
function shown(url: URL, env: HubEnvironment): string {
  return url.origin === hubOrigin(env) ? url.href : `${url.origin}${url.pathname}`;
}
