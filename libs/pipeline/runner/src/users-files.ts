import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder, StageError } from '@retort/foundation/diagnostics';
import { digestJson, fileIdentity, identityIn } from '@retort/foundation/digest';
import { type ByInput, type InputEntry, inputEntries, inputLabel } from '@retort/foundation/inputs';
import { copyModel } from '@retort/model-hub';
import {
  copyListing,
  type FileDigests,
  filesOf,
  findPathInput,
  type InputSource,
  type Listing,
  listPath,
  type ResolvedStage,
} from '@retort/pipeline-graph';
import { type InputArtifact, type PathInput, takenBy } from '@retort/plugin-kit';

/** Files of the user that a stage gets as a copy of its own, together for each input. Larger inputs are watched instead. */
export const MOST_COPIED_BYTES = 2 * 1024 ** 3;

export interface FilesToTake {
  readonly stage: ResolvedStage;
  /** All of them, at the paths that the user gave. */
  readonly inputs: ByInput<InputArtifact>;
  readonly digests: FileDigests;
  /** Where copies go: a folder of the attempt. */
  readonly folder: string;
  readonly mostCopiedBytes: number;
}

/** The user's own files, as a stage reads them: with the bytes of its key. */
export interface TakenFiles {
  readonly inputs: ByInput<InputArtifact>;
  /** Path of each copy -> the user's own, which messages name. */
  readonly shownAs: Readonly<Record<string, string>>;
  /** What tells attempts apart that may have read other bytes; undefined for a stage that reads artifacts alone. */
  readonly basis?: string;
  /** @throws StageError INPUT_CHANGED when nobody knows any more what was read */
  readonly confirm: () => Promise<void>;
}

type PathSource = Extract<InputSource, { kind: 'path' }>;

interface TakenInput {
  readonly input: InputArtifact;
  readonly copyOf?: string;
  readonly basis: string;
  readonly confirm: () => Promise<void>;
}

const COPIED = { basis: 'copies', confirm: async () => {} } as const;

/**
 * Copies the user's own files into the attempt and holds the copies to the digests of the plan: what happens to the
 * originals from then on does not matter. See docs/decisions/inputs-held-still.md.
 *
 * @throws StageError INPUT_CHANGED for files that are no longer those of the plan
 */
export async function takeFiles(request: FilesToTake): Promise<TakenFiles> {
  const { stage, inputs } = request;
  const taken = new Map<string, TakenInput>();
  const labels = ([name, , at]: InputEntry<unknown>) => inputLabel(name, at);
  const given = new Map(inputEntries(inputs).map((entry) => [labels(entry), entry[1]]));
  for (const entry of inputEntries(stage.inputs)) {
    const [label, source] = [labels(entry), entry[1]];
    const input = given.get(label) as InputArtifact;
    if (source.kind === 'path') taken.set(label, await takeInput(request, { name: entry[0], label, source, input }));
  }
  const all = [...taken.values()];
  const copies = all.flatMap(({ input, copyOf }) => (copyOf === undefined ? [] : [[input.path, copyOf] as const]));
  const read = inputEntries(inputs).map((entry): InputEntry<InputArtifact> => {
    const [name, input, at] = entry;
    return [name, taken.get(labels(entry))?.input ?? input, at];
  });
  return {
    inputs: takenBy(stage.definition, read),
    shownAs: Object.fromEntries(copies),
    ...(all.length > 0 && { basis: [...taken].map(([label, { basis }]) => `${label} ${basis}\n`).join('') }),
    confirm: async () => {
      for (const { confirm } of all) await confirm();
    },
  };
}

interface InputToTake {
  readonly name: string;
  readonly label: string;
  readonly source: PathSource;
  readonly input: InputArtifact;
}

async function takeInput(request: FilesToTake, { name, label, source, input }: InputToTake): Promise<TakenInput> {
  const { stage, folder, mostCopiedBytes } = request;
  const changed = (what: string) => inputChanged(stage, what);
  try {
    if (source.hub !== undefined) {
      const path = join(folder, label, basename(source.path));
      const digest = await copyModel({ ...source.hub, env: process.env }, path);
      if (digest !== source.digest) throw changed(source.path);
      return { ...COPIED, input: { ...input, path }, copyOf: source.path };
    }
    const kind = stage.definition.inputs[name]?.path?.kind ?? 'files';
    const listing = await listAgain(source, kind, changed);
    if ((await bytesOf(listing)) > mostCopiedBytes) return await watch(request, { source, kind, input, listing });
    const path = join(folder, label, basename(listing.root) || 'files');
    await makeFolder(dirname(path));
    if ((await copyListing(listing, path)) !== source.digest) throw changed(await likelyChange(listing, source));
    const files = filesOf({ ...listing, root: path });
    return { ...COPIED, input: { ...input, path, ...(input.files && { files }) }, copyOf: listing.root };
  } catch (error) {
    throw isGone(error) ? changed(error.path ?? source.path) : error;
  }
}

/** Not copied, but the same before and after, by all that the file system says of it. */
async function watch(
  { stage, digests }: FilesToTake,
  {
    source,
    kind,
    input,
    listing,
  }: { source: PathSource; kind: PathInput['kind']; input: InputArtifact; listing: Listing },
): Promise<TakenInput> {
  const changed = (what: string) => inputChanged(stage, what);
  const before = await stateOf(listing);
  const found = await findPathInput(source.path, kind, { digests });
  if ('code' in found || found.source.digest !== source.digest) throw changed(await likelyChange(listing, source));
  return {
    input,
    basis: digestJson(before),
    confirm: async () => {
      const after = await listAgain(source, kind, changed)
        .then(stateOf)
        .catch((error: unknown) => {
          throw isGone(error) ? changed(error.path ?? source.path) : error;
        });
      const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
      const other = paths.find((path) => before[path] !== after[path]);
      if (other !== undefined) throw changed(other);
    },
  };
}

async function listAgain(
  source: PathSource,
  kind: PathInput['kind'],
  changed: (what: string) => StageError,
): Promise<Listing> {
  const listing = await listPath(source.path, kind);
  // It was sound when it was planned; planning again says what is wrong with it now.
  if ('code' in listing) throw changed(source.path);
  const now = filesOf(listing);
  const [before, after] = [new Set(source.files), new Set(now)];
  const other = now.find((file) => !before.has(file)) ?? source.files.find((file) => !after.has(file));
  if (other !== undefined) throw changed(other);
  return listing;
}

/** Path -> identity, of every file and of every link on the way to it. */
async function stateOf({ root, names }: Listing): Promise<Record<string, string>> {
  const state: Record<string, string> = { 'real path': await realpath(root) };
  for (let path = root; path !== dirname(path); path = dirname(path)) await addLink(state, path);
  for (const path of filesOf({ root, names })) {
    await addLink(state, path);
    state[path] = `${state[path] ?? ''} ${await fileIdentity(path)}`;
  }
  return state;
}

async function addLink(state: Record<string, string>, path: string): Promise<void> {
  const stats = await lstat(path, { bigint: true });
  if (stats.isSymbolicLink()) state[path] = identityIn(stats);
}

async function bytesOf(listing: Listing): Promise<number> {
  const sizes = await Promise.all(filesOf(listing).map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The digests of single files are not kept, so that of several the one that was written last is named. */
async function likelyChange(listing: Listing, { path }: PathSource): Promise<string> {
  const files = filesOf(listing);
  if (files.length === 1) return files[0] as string;
  const times = await Promise.all(files.map(async (file) => ({ file, time: (await stat(file)).ctimeMs })));
  const { file } = times.reduce((a, b) => (b.time > a.time ? b : a));
  return `${path} (${file} is its most recently changed file)`;
}

function isGone(error: unknown): error is NodeJS.ErrnoException {
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function inputChanged({ id }: ResolvedStage, what: string): StageError {
  return new StageError(
    'INPUT_CHANGED',
    `${what} changed while the pipeline was running, so stage "${id}" would not read the bytes that its key records. Run again.`,
  );
}
