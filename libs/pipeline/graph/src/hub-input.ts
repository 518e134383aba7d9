import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestJson } from '@retort/foundation/digest';
import { isDownloaded, modelDigest, modelFolder, resolveRevision } from '@retort/model-hub';
import type { InputReference } from '@retort/pipeline-schema';
import type { FileDigests } from './digest-memo.ts';
import type { PathProblem } from './list-path.ts';
import type { FoundPath } from './path-input.ts';

/** A model of the hub, whether its files are here or not: the digests that the hub lists decide its bytes. */
export type FoundHubModel = FoundPath & {
  readonly isDownloaded: boolean;
  /** Why the hub could not be asked for the list. The digest is then none that a download has. */
  readonly unlisted?: PathProblem;
};

const UNREACHED: readonly string[] = ['HUB_UNREACHABLE', 'HUB_OFFLINE'];

type HubInput = Pick<Extract<InputReference, { kind: 'hub' }>, 'repository' | 'revision'>;

/** What was found in one planning: the cells of a matrix read the same models, and a hub that cannot be reached takes long to tell. */
const found = new WeakMap<FileDigests, Map<string, Promise<FoundHubModel | PathProblem>>>();

/** Finds the commit that a reference names, and its files. Asks the hub for a tag or commit that it was never asked for, else nobody. */
export function findHubModel(input: HubInput, digests: FileDigests): Promise<FoundHubModel | PathProblem> {
  const known = found.get(digests) ?? new Map<string, Promise<FoundHubModel | PathProblem>>();
  found.set(digests, known);
  const name = `${input.repository}@${input.revision}`;
  const model = known.get(name) ?? find(input, digests);
  known.set(name, model);
  return model;
}

async function find({ repository, revision }: HubInput, digests: FileDigests): Promise<FoundHubModel | PathProblem> {
  const { env } = process;
  try {
    const commit = await resolveRevision({ repository, revision }, env);
    const listed = await modelDigest({ repository, commit, env }).catch(unlisted);
    const path = modelFolder({ repository, commit, env });
    const isThere = await isDownloaded({ repository, commit, env });
    const vocabulary = isThere ? await digests.digest(join(path, 'vocab.txt')).catch(() => undefined) : undefined;
    const digest = typeof listed === 'string' ? listed : digestJson({ hubCommit: commit, files: 'not listed yet' });
    return {
      source: { kind: 'path', path, files: [], digest, hub: { repository, commit } },
      ...(vocabulary === undefined ? {} : { vocabulary }),
      isDownloaded: isThere,
      ...(typeof listed === 'string' ? {} : { unlisted: listed }),
    };
  } catch (error) {
    if (error instanceof RetortError) return problemOf(error);
    throw error;
  }
}

/** Without the hub a plan can still say everything but the key. Nothing runs under the key that it gives: see `downloadModel`. */
function unlisted(error: unknown): PathProblem {
  if (error instanceof RetortError && UNREACHED.includes(error.code)) return problemOf(error);
  throw error;
}

function problemOf({ code, message }: RetortError): PathProblem {
  return { code, message };
}
