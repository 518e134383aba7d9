import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetortError } from '@retort/foundation/diagnostics';
import { type HubEnvironment, hubOrigin, huggingFaceHome, secondsOfPatience } from './cache.ts';
import { type Asked, badRedirect, rateLimited, refusal, stalled, tooLong, unreachable } from './hub-errors.ts';

/** How often the hub is asked the same before it is given up. */
const ATTEMPTS = 3;
/** Longer than this nobody is kept waiting; the message says how long the hub asks for. */
const LONGEST_WAIT_SECONDS = 30;
const MAX_REDIRECTS = 10;
/** An answer that comes more slowly than this has stalled. */
const LEAST_BYTES_A_SECOND = 1024;
/** Of an answer in JSON. The list of a thousand files takes a twentieth of this. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

export interface HubRequest {
  /** For messages. */
  readonly asked: Asked;
  readonly env: HubEnvironment;
  readonly signal?: AbortSignal | undefined;
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  /**
   * The body, unpacked, as it comes.
   *
   * @throws RetortError HUB_TOO_LONG for more bytes than `most`, HUB_STALLED for hardly any in a time; what `fetch` throws
   */
  readonly bytes: (most: number) => AsyncGenerator<Uint8Array>;
  readonly cancel: () => void;
}

/**
 * Asks the hub: signed in when a token is there, and patient. An answer that is no success is an error that says
 * what to do; 416 is let through, since it only says that nothing is left of a file.
 *
 * The token is for the hub alone: redirects lead to other hosts, which do not get it.
 *
 * @throws RetortError HUB_NOT_FOUND, HUB_UNAUTHORIZED, HUB_RATE_LIMITED, HUB_UNAVAILABLE, HUB_UNREACHABLE, HUB_REDIRECT
 */
export async function requestHub(
  url: string,
  request: HubRequest,
  given: Readonly<Record<string, string>> = {},
): Promise<HubAnswer> {
  const { asked, env, signal } = request;
  const token = await tokenOf(env);
  for (let attempt = 1; ; attempt++) {
    const answer = await follow(url, request, { given, token }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      if (cause instanceof RetortError && cause.code !== 'HUB_STALLED') throw cause;
      return unreachable(asked, url, cause);
    });
    const isLast = attempt === ATTEMPTS;
    if (answer instanceof Error) {
      if (isLast) throw answer;
      await sleep(250 * attempt, undefined, signal ? { signal } : {});
      continue;
    }
    const { response, stopping } = answer;
    if (response.ok || response.status === 416) return hubAnswer(response, stopping, request);
    stopping.abort();
    const wait = secondsToWait(response, attempt);
    if (isLast || wait === undefined || wait > LONGEST_WAIT_SECONDS)
      throw response.status === 429 ? rateLimited(asked, retryAfter(response)) : refusal(asked, response, env);
    await sleep(wait * 1000, undefined, signal ? { signal } : {});
  }
}

/** @throws RetortError HUB_UNAVAILABLE for what is no JSON, and what `requestHub` and its answer throw */
export async function requestJson(
  url: string,
  request: HubRequest,
): Promise<{ readonly value: unknown; readonly headers: Headers }> {
  const answer = await requestHub(url, request, { accept: 'application/json' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.bytes(MAX_JSON_BYTES)) chunks.push(chunk);
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')), headers: answer.headers };
  } catch {
    const message = `The hub's response for ${request.asked} is not JSON. Check whether HF_ENDPOINT is the address of a hub.`;
    throw new RetortError('HUB_UNAVAILABLE', message);
  }
}

interface OpenAnswer {
  readonly response: Response;
  /** Ends the connection. */
  readonly stopping: AbortController;
}

/** Follows redirects, so that each host gets what is meant for it. */
async function follow(
  url: string,
  { asked, env, signal }: HubRequest,
  { given, token }: { given: Readonly<Record<string, string>>; token: string | undefined },
): Promise<OpenAnswer> {
  const hub = hubOrigin(env);
  let current = new URL(url);
  for (let hops = 0; ; hops++) {
    const stopping = new AbortController();
    const isSignedIn = token !== undefined && current.origin === hub;
    const headers = { ...given, ...(isSignedIn && { authorization: `Bearer ${token}` }) };
    const signals = AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]);
    const timer = setTimeout(() => stopping.abort(stalled(asked, env)), secondsOfPatience(env) * 1000);
    const response = await fetch(current, { headers, redirect: 'manual', signal: signals }).finally(() =>
      clearTimeout(timer),
    );
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) return { response, stopping };
    stopping.abort();
    if (hops === MAX_REDIRECTS) throw badRedirect(asked, current, 'more than 10 times');
    current = nextHop(current, location, asked);
  }
}

export function nextHop(from: URL, location: string, asked: Asked): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to === undefined || !['http:', 'https:'].includes(to.protocol) || `${to.username}${to.password}` !== '')
    throw badRedirect(asked, from, 'to an invalid web address');
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw badRedirect(asked, from, `from https to http at ${to.host}, which is not secure`);
  return to;
}

function hubAnswer(response: Response, stopping: AbortController, { asked, env }: HubRequest): HubAnswer {
  async function* bytes(most: number): AsyncGenerator<Uint8Array> {
    const seconds = secondsOfPatience(env);
    let total = 0;
    let since = 0;
    const watch = setInterval(() => {
      if (total - since < LEAST_BYTES_A_SECOND * seconds) stopping.abort(stalled(asked, env));
      since = total;
    }, seconds * 1000);
    try {
      for await (const chunk of response.body ?? []) {
        total += chunk.length;
        if (total > most) throw tooLong(asked, most);
        yield chunk;
      }
    } finally {
      clearInterval(watch);
      stopping.abort();
    }
  }
  return { status: response.status, headers: response.headers, bytes, cancel: () => stopping.abort() };
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

/**
 * HF_TOKEN, or what `huggingface-cli login` has kept.
 *
 * @throws RetortError HUB_UNAUTHORIZED for what cannot be a token: `fetch` would print it with its complaint
 */
async function tokenOf(env: HubEnvironment): Promise<string | undefined> {
  const file = join(huggingFaceHome(env), 'token');
  const token = (env['HF_TOKEN'] || (await readFile(file, 'utf8').catch(() => ''))).trim();
  if (token === '' || /^[\x21-\x7e]+$/.test(token)) return token || undefined;
  const where = env['HF_TOKEN'] ? 'HF_TOKEN' : `The token in ${file}`;
  throw new RetortError(
    'HUB_UNAUTHORIZED',
    `${where} contains a space, a line break or another character that a token cannot have. Copy the token again.`,
  );
}
