import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { rememberAnswer, rememberedAnswer } from './answers.ts';
import { hubAddress, type HubEnvironment, isOffline, placesOf } from './cache.ts';
import { offline } from './hub-errors.ts';
import { type HubRequest, requestHub } from './request.ts';

/** A file of a commit, and how to tell that its bytes are right. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Git's SHA-1 of a small file, or the SHA-256 of a large one. */
  readonly digest: { readonly kind: 'git' | 'sha256'; readonly value: string };
}

/** Files that a model may consist of. */
const WANTED =
  /^(config\.json|tokenizer\.json|tokenizer_config\.json|vocab\.txt|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json)$/;

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
  const files = await askForFiles({ repository, commit }, request);
  const wanted = files.filter(({ path }) => WANTED.test(path));
  if (!wanted.some(({ path }) => path.endsWith('.safetensors'))) throw noSafetensors(files, request.asked);
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
  return join(placesOf(repository, commit, env).answers, `${commit}.json`);
}

async function askForFiles(
  { repository, commit }: { repository: string; commit: string },
  request: HubRequest,
): Promise<HubFile[]> {
  const { listFiles } = await import('@huggingface/hub');
  const files: HubFile[] = [];
  const asking = listFiles({
    repo: { type: 'model', name: repository },
    revision: commit,
    hubUrl: hubAddress(request.env),
    fetch: (url, init) => requestHub(String(url), request, init),
  });
  for await (const { type, path, size, oid, lfs } of asking) {
    if (type !== 'file') continue;
    const digest = lfs ? { kind: 'sha256' as const, value: lfs.oid } : { kind: 'git' as const, value: oid ?? '' };
    files.push({ path, size: lfs?.size ?? size, digest });
  }
  const strange = files.filter((file) => WANTED.test(file.path) && !isFile(file));
  if (strange.length > 0)
    throw new RetortError(
      'HUB_UNAVAILABLE',
      `The hub's list of ${request.asked} has no size and digest for ${strange.map(({ path }) => path).join(', ')}.`,
    );
  return files;
}

function noSafetensors(files: readonly HubFile[], asked: string): RetortError {
  const others = files
    .map(({ path }) => path)
    .filter((path) => /^(pytorch_model.*\.bin|tf_model\.h5|flax_model\.msgpack)$/.test(path));
  const found = others.length === 0 ? 'no weights' : `weights only as ${others.join(', ')}`;
  return new RetortError(
    'HUB_NO_SAFETENSORS',
    `${asked} has ${found}. Retort reads model.safetensors: choose a revision that has it, or download the folder, convert it (import-model names the command) and give its path.`,
  );
}

function isFile(value: Partial<HubFile> | null): value is HubFile {
  const { path, size, digest } = value ?? {};
  const length = digest?.kind === 'sha256' ? 64 : 40;
  return (
    typeof path === 'string' &&
    WANTED.test(path) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    new RegExp(`^[0-9a-f]{${length}}$`).test(digest?.value ?? '')
  );
}

function isList(value: unknown): value is HubFile[] {
  return Array.isArray(value) && value.length > 0 && value.every((file) => isFile(file as HubFile));
}
