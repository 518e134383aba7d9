import { RetortError } from '@retort/diagnostics';

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
export function refusal(asked: Asked, response: Response): RetortError {
  const { status, headers, url } = response;
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
