import type { Wheel } from '@retort/engine/tensorflow-builds';
import { RetortError } from '@retort/foundation/diagnostics';

/** Both forms of a simple index (PEP 691 and 503): mirrors often have only the older one. */
const ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.4';

interface IndexFile {
  readonly filename: string;
  readonly url: string;
}

/**
 * Where a wheel can be fetched from.
 *
 * @throws RetortError INDEX_UNREACHABLE, INDEX_LACKS_WHEEL
 */
export async function findWheel(
  index: string,
  { project, file }: Wheel,
  { patienceSeconds }: { patienceSeconds?: number | undefined },
): Promise<URL> {
  const page = new URL(`${project}/`, index.endsWith('/') ? index : `${index}/`);
  const response = await ask(page, patienceSeconds);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const files = isJson ? (JSON.parse(text) as { files: IndexFile[] }).files : filesInHtml(text);
  const found = files.find(({ filename }) => filename === file);
  // Addresses of files may be relative to where the page really came from.
  if (found !== undefined) return new URL(found.url, response.url || page);
  throw new RetortError(
    'INDEX_LACKS_WHEEL',
    `${hidden(page)} does not list ${file}. Use another index with --index, or give the file with --wheel.`,
  );
}

async function ask(page: URL, patienceSeconds: number | undefined): Promise<Response> {
  const { username, password } = page;
  const address = new URL(page);
  address.username = address.password = '';
  const headers = { accept: ACCEPT, ...(username && { authorization: basic(username, password) }) };
  const signal = patienceSeconds === undefined ? {} : { signal: AbortSignal.timeout(patienceSeconds * 1000) };
  try {
    const response = await fetch(address, { headers, ...signal });
    if (response.ok) return response;
    throw new Error(`it answers ${response.status}`);
  } catch (cause) {
    throw new RetortError(
      'INDEX_UNREACHABLE',
      `The package index ${hidden(page)} cannot be read: ${reasonOf(cause)}. Use another index with --index, or give the file with --wheel.`,
      { cause },
    );
  }
}

function basic(username: string, password: string): string {
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(plain).toString('base64')}`;
}

/** fetch says why only in the cause of its error. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || message : message;
}

function filesInHtml(text: string): IndexFile[] {
  return [...text.matchAll(/<a\s[^>]*href="([^"]+)"[^>]*>([^<]+)<\/a>/gi)].map(([, url = '', filename = '']) => ({
    url: url.replaceAll('&amp;', '&'),
    filename: filename.trim(),
  }));
}

/** Without the password that an address may hold. */
function hidden(page: URL): string {
  const shown = new URL(page);
  shown.username = shown.password = '';
  return shown.href;
}
