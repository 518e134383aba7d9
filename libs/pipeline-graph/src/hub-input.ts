import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { isDownloaded, modelDigest, modelFolder, resolveRevision } from '@retort/model-hub';
import type { InputReference } from '@retort/pipeline-schema';
import type { FileDigests } from './digest-memo.ts';
import type { PathProblem } from './list-path.ts';
import type { FoundPath } from './path-input.ts';

/** A model of the hub, whether its files are here or not: the digests that the hub lists decide its bytes. */
export type FoundHubModel = FoundPath & { readonly isDownloaded: boolean };

/** Finds the commit that a reference names, and its files. Asks the hub for a tag or commit that it was never asked for, else nobody. */
export async function findHubModel(
  { repository, revision }: Pick<Extract<InputReference, { kind: 'hub' }>, 'repository' | 'revision'>,
  digests: FileDigests,
): Promise<FoundHubModel | PathProblem> {
  const { env } = process;
  try {
    const commit = await resolveRevision({ repository, revision }, env);
    const digest = await modelDigest({ repository, commit, env });
    const path = modelFolder({ repository, commit, env });
    const isThere = await isDownloaded({ repository, commit, env });
    const vocabulary = isThere ? await digests.digest(join(path, 'vocab.txt')).catch(() => undefined) : undefined;
    return {
      source: { kind: 'path', path, files: [], digest, hub: { repository, commit } },
      ...(vocabulary === undefined ? {} : { vocabulary }),
      isDownloaded: isThere,
    };
  } catch (error) {
    if (error instanceof RetortError) return { code: error.code, message: error.message };
    throw error;
  }
}
