import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'c0ffee0000000000000000000000000000000001';
export const REPOSITORY = 'someone/tiny-bert';

export interface HubServer {
  readonly url: string;
  /** `METHOD path range`, of every request. */
  readonly requests: string[];
  /** What came as `authorization`, of every request that had it. */
  readonly tokens: string[];
  /** Answers the next request whose path ends like this instead of the hub; once, unless it gives itself back. */
  readonly misbehave: (path: string, answer: Answer) => void;
  readonly close: () => Promise<void>;
}

/** @returns true to answer the next such request, too */
export type Answer = (
  response: ServerResponse,
  content: Buffer | undefined,
  request: IncomingMessage,
) => boolean | void;

/** A server that answers as the hub does: references, lists of files, and files with ranges. */
export async function startHub(files: Readonly<Record<string, Buffer>>): Promise<HubServer> {
  const requests: string[] = [];
  const tokens: string[] = [];
  const odd = new Map<string, Answer>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://hub');
    if (request.headers.authorization !== undefined) tokens.push(request.headers.authorization);
    requests.push([request.method, url.pathname, request.headers.range].filter(Boolean).join(' '));
    const name = url.pathname.split(`/${REPOSITORY}/resolve/${COMMIT}/`)[1];
    const content = name === undefined ? undefined : files[name];
    for (const [path, answer] of odd) {
      if (!url.pathname.endsWith(path)) continue;
      odd.delete(path);
      if (answer(response, content, request) === true) odd.set(path, answer);
      return;
    }
    if (url.pathname === `/api/models/${REPOSITORY}/refs`) return json(response, references());
    if (url.pathname === `/api/models/${REPOSITORY}/tree/${COMMIT}`) return json(response, treeOf(files));
    if (content === undefined) return refuse(response, 404, 'RepoNotFound');
    serve(response, content, request.headers.range);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    tokens,
    misbehave: (path, answer) => void odd.set(path, answer),
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

export function refuse(
  response: ServerResponse,
  status: number,
  reason?: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...(reason ? { 'x-error-code': reason } : {}), ...headers }).end('{"error": "no"}');
}

function serve(response: ServerResponse, content: Buffer, range: string | undefined): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (range === undefined) return void response.writeHead(200, { 'content-length': content.length }).end(content);
  if (from >= content.length) return void response.writeHead(416).end();
  const part = content.subarray(from);
  response
    .writeHead(206, {
      'content-length': part.length,
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
    })
    .end(part);
}

export function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function references() {
  return {
    branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: COMMIT }],
    tags: [{ name: 'v1.0', ref: 'refs/tags/v1.0', targetCommit: COMMIT }],
    converts: [],
  };
}

/** Weights are in Git LFS, everything else is in Git. */
export function treeOf(files: Readonly<Record<string, Buffer>>) {
  return Object.entries(files).map(([path, content]) => {
    const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    const lfs = path.endsWith('.safetensors')
      ? { lfs: { oid: createHash('sha256').update(content).digest('hex'), size: content.length, pointerSize: 134 } }
      : {};
    return { type: 'file', path, size: content.length, oid, ...lfs };
  });
}
