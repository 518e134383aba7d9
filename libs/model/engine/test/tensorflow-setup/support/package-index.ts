import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestIndex {
  readonly url: string;
  /** `GET /simple/demo/`, with the range that was asked for. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

interface Behaviour {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly form?: 'json' | 'html';
  /** The first answer stops after so many bytes, and breaks off once the other side has what the test waits for. */
  readonly breaks?: { readonly after: number; readonly once: () => Promise<unknown> };
  readonly knowsRanges?: boolean;
  /** Milliseconds until the index answers. */
  readonly delay?: number;
}

/** A simple index with one project, `demo`, whose files lie at addresses relative to its page. */
export async function serveIndex(behaviour: Behaviour): Promise<TestIndex> {
  const { files, form = 'json', knowsRanges = true, delay = 0 } = behaviour;
  const requests: string[] = [];
  let { breaks } = behaviour;
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    requests.push([method, url, headers.range].filter(Boolean).join(' '));
    if (url === '/simple/demo/') {
      setTimeout(() => {
        response.setHeader('content-type', form === 'json' ? 'application/vnd.pypi.simple.v1+json' : 'text/html');
        response.end(form === 'json' ? jsonPage(Object.keys(files)) : htmlPage(Object.keys(files)));
      }, delay);
      return;
    }
    const body = files[url.slice('/files/'.length)];
    if (body === undefined) return void response.writeHead(404).end();
    const from = knowsRanges ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from });
    if (breaks === undefined) return void response.end(body.subarray(from));
    response.write(body.subarray(from, breaks.after));
    void breaks.once().finally(() => response.destroy());
    breaks = undefined;
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  };
  return { url: `http://127.0.0.1:${port}/simple`, requests, close };
}

function jsonPage(names: string[]): string {
  return JSON.stringify({ files: names.map((filename) => ({ filename, url: `../../files/${filename}` })) });
}

function htmlPage(names: string[]): string {
  const links = names.map((name) => `<a href="../../files/${name}#sha256=0" data-requires-python="&gt;=3">${name}</a>`);
  return `<!DOCTYPE html><html><body>${links.join('<br/>\n')}</body></html>`;
}
