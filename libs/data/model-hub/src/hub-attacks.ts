import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { COMMIT, type HubServer, json, REPOSITORY, treeOf } from './testing.ts';

/** Something that a hub, or who stands between, may do to a download, and what must come of it. */
export interface HubAttack {
  readonly name: string;
  readonly prepare: (attack: HubUnderAttack) => void;
  /** Code of the error; undefined where the model comes whole. */
  readonly code: string | undefined;
}

export interface HubUnderAttack {
  readonly hub: HubServer;
  /** Another host, which has the same files. */
  readonly other: HubServer;
  readonly files: Readonly<Record<string, Buffer>>;
}

const WEIGHTS = 'model.safetensors';
const TREE = `/tree/${COMMIT}`;
const WEIGHTS_PATH = `/${REPOSITORY}/resolve/${COMMIT}/${WEIGHTS}`;

/** What `HF_HUB_DOWNLOAD_TIMEOUT` may be, so that the attacks that keep one waiting are over soon. */
export const SHORT_PATIENCE = '0.4';

export const HUB_ATTACKS: readonly HubAttack[] = [
  file('a file without end', 'HUB_TOO_LONG', (response) => endless(response, Buffer.alloc(65_536))),
  file('a file that is longer than its list says', 'HUB_TOO_LONG', (response, content) => {
    response.end(Buffer.concat([content, Buffer.from('!')]));
  }),
  file('a file that unpacks to gigabytes', 'HUB_TOO_LONG', (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    endless(response, gzipSync(Buffer.alloc(1 << 24)));
  }),
  file('a file with other bytes and the right ETag', 'HUB_CHECKSUM', (response, content) => {
    response.writeHead(200, { etag: '"right"', 'x-linked-etag': '"right"' }).end(Buffer.alloc(content.length, 'x'));
  }),
  file('a file that is shorter than its Content-Length', 'HUB_INCOMPLETE', (response, content) => {
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 10));
    setTimeout(() => response.destroy(), 20);
  }),
  file('a file that drips', 'HUB_INCOMPLETE', (response) => endless(response, Buffer.from('x'), 50)),
  file('a file that never begins', 'HUB_UNREACHABLE', () => undefined),
  file('redirects in a circle', 'HUB_REDIRECT', (response) => redirect(response, WEIGHTS_PATH)),
  file('a redirect to a file of this machine', 'HUB_REDIRECT', (response) => redirect(response, 'file:///etc/passwd')),
  file('a redirect to an address with a password', 'HUB_REDIRECT', (response) =>
    redirect(response, 'http://a:b@127.0.0.1/'),
  ),
  {
    name: 'a redirect to another host, which gets no token',
    prepare: ({ hub, other }) =>
      hub.misbehave(WEIGHTS_PATH, (response) => (redirect(response, `${other.url}${WEIGHTS_PATH}`), true)),
    code: undefined,
  },
  {
    name: 'a rest that begins elsewhere',
    prepare: ({ hub, files }) => {
      const content = files[WEIGHTS] as Buffer;
      hub.misbehave(WEIGHTS_PATH, (response) => {
        hub.misbehave(WEIGHTS_PATH, (again) => {
          again.writeHead(206, { 'content-range': `bytes 5-${content.length - 1}/${content.length}` });
          again.end(content.subarray(5));
        });
        response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100));
        setTimeout(() => response.destroy(), 200);
      });
    },
    code: undefined,
  },
  list('a list without end', 'HUB_TOO_LONG', (response) => {
    response.write('[');
    endless(response, Buffer.from('{"type": "file", "path": "a", "size": 1},'.repeat(2000)));
  }),
  list('a list that unpacks to gigabytes', 'HUB_TOO_LONG', (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    endless(response, gzipSync(Buffer.alloc(1 << 24, ' ')));
  }),
  list('pages without end', 'HUB_BAD_LIST', (response, { hub }, page) => {
    response.writeHead(200, next(`${hub.url}/api/models/${REPOSITORY}${TREE}?cursor=${page}`)).end('[]');
  }),
  list('a page that leads back to itself', 'HUB_BAD_LIST', (response, { hub }) => {
    response.writeHead(200, next(`${hub.url}/api/models/${REPOSITORY}${TREE}?cursor=1`)).end('[]');
  }),
  list('a page at another host', 'HUB_BAD_LIST', (response, { other }) => {
    response.writeHead(200, next(`${other.url}/api/models/${REPOSITORY}${TREE}`)).end('[]');
  }),
  list('a list with a file twice', 'HUB_BAD_LIST', (response, { files }) => {
    json(response, [...treeOf(files), ...treeOf(files)]);
  }),
  list('a list of a million shards', 'HUB_BAD_LIST', (response, { files }) => {
    const [shard] = treeOf({ 'x.safetensors': files[WEIGHTS] as Buffer });
    json(
      response,
      Array.from({ length: 20_000 }, (_, i) => ({ ...shard, path: `model-${i}-of-1.safetensors` })),
    );
  }),
  list('a list with paths that lead elsewhere', undefined, (response, { files }) => {
    const names = [
      '../config.json',
      '/etc/config.json',
      'CONFIG.JSON',
      'a/../vocab.txt',
      'vocab.txt\n',
      '',
      '__proto__',
    ];
    const strange = names.flatMap((path) => treeOf(files).map((entry) => ({ ...entry, path })));
    json(response, [...strange, ...treeOf(files)]);
  }),
  ...[null, {}, 'x', [null], [5], [[]]].map((value) =>
    list(
      `a list that is ${JSON.stringify(value)}`,
      JSON.stringify(value) === '[[]]' ? 'HUB_NO_SAFETENSORS' : 'HUB_BAD_LIST',
      (response) => json(response, value),
    ),
  ),
  ...[
    { size: '12' },
    { size: -1 },
    { size: 1.5 },
    { size: 2 ** 60 },
    { size: null },
    { oid: 5 },
    { oid: '../../x' },
    { lfs: { oid: ['a'], size: 1 } },
    { lfs: true },
    { lfs: { oid: 'f'.repeat(64), size: 2 ** 52 } },
  ].map((wrong) =>
    list(`a list with ${JSON.stringify(wrong).slice(0, 60)}`, 'HUB_BAD_LIST', (response, { files }) => {
      const entries = treeOf(files).map(({ lfs: _lfs, ...entry }: Record<string, unknown>) => ({ ...entry, ...wrong }));
      json(response, entries);
    }),
  ),
  list('a list that is no JSON', 'HUB_UNAVAILABLE', (response) => void response.end('<html>')),
];

function file(name: string, code: string, answer: (response: ServerResponse, content: Buffer) => void): HubAttack {
  const prepare = ({ hub }: HubUnderAttack) =>
    hub.misbehave(WEIGHTS_PATH, (response, content) => (answer(response, content as Buffer), true));
  return { name, prepare, code };
}

function list(
  name: string,
  code: string | undefined,
  answer: (response: ServerResponse, attack: HubUnderAttack, page: number) => void,
): HubAttack {
  let page = 0;
  const prepare = (attack: HubUnderAttack) =>
    attack.hub.misbehave(TREE, (response) => (answer(response, attack, page++), true));
  return { name, prepare, code };
}

/** The same bytes again and again, as fast as they are read, or one piece in a time. */
function endless(response: ServerResponse, piece: Buffer, milliseconds = 0): void {
  const send = () => {
    if (!response.destroyed) response.write(piece, () => setTimeout(send, milliseconds));
  };
  send();
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end();
}

function next(url: string): Record<string, string> {
  return { link: `<${url}>; rel="next"` };
}
