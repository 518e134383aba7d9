import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { rememberAnswer, rememberedAnswer } from './answers.ts';
import { type HubEnvironment, hubAddress, hubOrigin, isOffline, placesOf } from './cache.ts';
import { badList, offline } from './hub-errors.ts';
import { type HubRequest, requestJson } from './request.ts';

/** A file of a commit, and how to tell that its bytes are right. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Git's SHA-1 of a small file, or the SHA-256 of a large one. */
  readonly digest: { readonly kind: 'git' | 'sha256'; readonly value: string };
}

/** Files that a model may consist of, and those of tokenizers that are refused by name. */
const WANTED = new RegExp(
  `^(${[
    'config\\.json',
    '(tokenizer|tokenizer_config|special_tokens_map|added_tokens)\\.json',
    'vocab\\.txt|bpe\\.codes|merges\\.txt|(spiece|sentencepiece\\.bpe|tokenizer)\\.model',
    'model(-\\d+-of-\\d+)?\\.safetensors|model\\.safetensors\\.index\\.json',
  ].join('|')})$`,
);

const FOREIGN = /^(pytorch_model.*\.bin|tf_model\.h5|flax_model\.msgpack)$/;

/** The hub puts a thousand files on a page. */
const MAX_PAGES = 100;
const MAX_FILES = 1000;
/** No model that can be trained here comes near to these. */
const MAX_WEIGHTS_BYTES = 64 * 1024 ** 3;
const MAX_OTHER_BYTES = 256 * 1024 ** 2;

/**
 * What decides the bytes of a model: the names and digests of its files. A commit alone would not, since nobody can tell from
 * a list that it is the commit's: two mirrors may list different files for one.
 *
 * @throws RetortError as `listModelFiles`
 */
export async function modelDigest(model: Commit): Promise<string> {
  return digestOfFiles(await listModelFiles(model, { asked: askedFor(model), env: model.env }));
}

export function digestOfFiles(files: readonly HubFile[]): string {
  const entries = files.map(({ path, digest }) => [path, { [digest.kind]: digest.value }] as const);
  return digestJson({ hubFiles: Object.fromEntries(entries) });
}

/** How messages call a model. */
export function askedFor({ repository, commit }: Pick<Commit, 'repository' | 'commit'>): string {
  return `${repository}@${commit.slice(0, 12)}`;
}

/**
 * The files of a commit that make a model. Asked for once and then remembered: a commit never changes.
 *
 * @throws RetortError HUB_NO_SAFETENSORS when the weights are only there in a format that is not read
 */
export async function listModelFiles(
  { repository, commit }: { repository: string; commit: string },
  request: HubRequest,
): Promise<readonly HubFile[]> {
  const known = await rememberedFiles({ repository, commit, env: request.env });
  if (known !== undefined) return known;
  if (isOffline(request.env)) throw offline(request.asked);
  const { wanted, foreign } = await askForFiles({ repository, commit }, request);
  if (!wanted.some(({ path }) => path.endsWith('.safetensors'))) throw noSafetensors(foreign, request.asked);
  await rememberAnswer(answerFile({ repository, commit, env: request.env }), wanted);
  return wanted;
}

/** What the hub has said before; undefined when it was never asked. */
export function rememberedFiles(commit: Commit): Promise<HubFile[] | undefined> {
  return rememberedAnswer(answerFile(commit), isList);
}

interface Commit {
  readonly repository: string;
  readonly commit: string;
  readonly env: HubEnvironment;
}

function answerFile({ repository, commit, env }: Commit): string {
  // Lists that were remembered as `<commit>.json` lack the files that say which tokens were added.
  return join(placesOf(repository, commit, env).answers, `${commit}.files.json`);
}

/** Files that are wanted, and names of weights in other formats. Of anything else a list may hold as much as it likes. */
async function askForFiles(
  { repository, commit }: { repository: string; commit: string },
  request: HubRequest,
): Promise<{ wanted: HubFile[]; foreign: string[] }> {
  const { listFiles } = await import('@huggingface/hub');
  const wanted = new Map<string, HubFile>();
  const foreign: string[] = [];
  const asking = listFiles({
    repo: { type: 'model', name: repository },
    revision: commit,
    hubUrl: hubAddress(request.env),
    fetch: pageReader(request),
  });
  for await (const { type, path, size, oid, lfs } of asking) {
    if (type !== 'file' || typeof path !== 'string') continue;
    if (FOREIGN.test(path) && foreign.length < MAX_FILES) foreign.push(path);
    if (!WANTED.test(path)) continue;
    const digest = lfs ? { kind: 'sha256' as const, value: lfs.oid } : { kind: 'git' as const, value: oid ?? '' };
    const file = { path, size: lfs?.size ?? size, digest };
    if (!isFile(file)) throw badList(request.asked, `has no valid size and digest for ${path}`);
    if (wanted.has(path)) throw badList(request.asked, `contains ${path} twice`);
    if (wanted.size === MAX_FILES) throw badList(request.asked, `contains more than ${MAX_FILES} files of weights`);
    wanted.set(path, file);
  }
  return { wanted: [...wanted.values()], foreign };
}

/** `fetch` for a list that the hub gives page by page: each once, from the hub itself, and not without end. */
function pageReader(request: HubRequest): typeof fetch {
  const hub = hubOrigin(request.env);
  const seen = new Set<string>();
  return async (input) => {
    const url = String(input);
    if (new URL(url).origin !== hub) throw badList(request.asked, `continues on another host, ${new URL(url).host}`);
    if (seen.has(url)) throw badList(request.asked, 'has a page that links back to itself');
    if (seen.size === MAX_PAGES) throw badList(request.asked, `has more than ${MAX_PAGES} pages`);
    seen.add(url);
    const { value, headers } = await requestJson(url, request);
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'object' && item !== null))
      throw badList(request.asked, 'is not a list');
    const link = headers.get('link');
    return Response.json(value, link === null ? {} : { headers: { link } });
  };
}

function noSafetensors(others: readonly string[], asked: string): RetortError {
  const found = others.length === 0 ? 'no weights' : `weights only as ${others.join(', ')}`;
  return new RetortError(
    'HUB_NO_SAFETENSORS',
    `${asked} has ${found}, but Retort reads model.safetensors. Choose a revision that has it. Or download the folder and give its path: import-model then names the command that converts it.`,
  );
}

function isFile(value: Partial<HubFile> | null): value is HubFile {
  const { path, size, digest } = value ?? {};
  const most = String(path).endsWith('.safetensors') ? MAX_WEIGHTS_BYTES : MAX_OTHER_BYTES;
  const length = digest?.kind === 'sha256' ? 64 : 40;
  return (
    typeof path === 'string' &&
    WANTED.test(path) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    (size as number) <= most &&
    typeof digest?.value === 'string' &&
    new RegExp(`^[0-9a-f]{${length}}$`).test(digest.value)
  );
}

function isList(value: unknown): value is HubFile[] {
  const files: unknown[] = Array.isArray(value) ? value : [];
  return files.length > 0 && files.every((file) => isFile(file as HubFile));
}
