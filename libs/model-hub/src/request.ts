import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HubEnvironment, huggingFaceHome } from './cache.ts';
import { type Asked, rateLimited, refusal, unreachable } from './hub-errors.ts';

/** How often the hub is asked the same before it is given up. */
const ATTEMPTS = 3;
/** Longer than this nobody is kept waiting; the message says how long the hub asks for. */
const LONGEST_WAIT_SECONDS = 30;

export interface HubRequest {
  /** For messages. */
  readonly asked: Asked;
  readonly env: HubEnvironment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `fetch` for the hub: signed in when a token is there, and patient. An answer that is no success is an error that says
 * what to do; 416 is let through, since it only says that nothing is left of a file.
 *
 * @throws RetortError HUB_NOT_FOUND, HUB_UNAUTHORIZED, HUB_RATE_LIMITED, HUB_UNAVAILABLE, HUB_UNREACHABLE
 */
export async function requestHub(
  url: string,
  { asked, env, signal }: HubRequest,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = await tokenOf(env);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, { ...init, headers, ...(signal ? { signal } : {}) }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      return unreachable(asked, url, cause);
    });
    const isLast = attempt === ATTEMPTS;
    if (response instanceof Error) {
      if (isLast) throw response;
      await sleep(250 * attempt, undefined, signal ? { signal } : {});
      continue;
    }
    if (response.ok || response.status === 416) return response;
    const wait = secondsToWait(response, attempt);
    if (isLast || wait === undefined || wait > LONGEST_WAIT_SECONDS) {
      await response.body?.cancel();
      throw response.status === 429 ? rateLimited(asked, retryAfter(response)) : refusal(asked, response);
    }
    await response.body?.cancel();
    await sleep(wait * 1000, undefined, signal ? { signal } : {});
  }
}

/** Undefined for an answer that would be the same again. */
function secondsToWait(response: Response, attempt: number): number | undefined {
  if (response.status !== 429 && response.status < 500) return undefined;
  return retryAfter(response) ?? 0.5 * attempt;
}

/** Seconds, or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** HF_TOKEN, or what `huggingface-cli login` has kept. */
async function tokenOf(env: HubEnvironment): Promise<string | undefined> {
  if (env['HF_TOKEN']) return env['HF_TOKEN'];
  const kept = await readFile(join(huggingFaceHome(env), 'token'), 'utf8').catch(() => '');
  return kept.trim() || undefined;
}
