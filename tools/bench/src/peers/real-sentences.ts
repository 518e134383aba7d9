import type { BenchContext, Outcome } from '../bench.ts';
import { peerPython } from './environment.ts';

/** Folders and the Python that a bench on real sentences beside PyTorch needs. */
export interface RealSentences {
  readonly glue: string;
  readonly vocabulary: string;
  readonly python: string;
}

/** Runs a comparison on real sentences; skipped, with the reason, where they or PyTorch are not there. */
export async function withRealSentences(
  { workspace, glue, vocabulary }: BenchContext,
  name: string,
  measure: (given: RealSentences) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  if (glue === undefined || vocabulary === undefined)
    return [{ name, skipped: 'needs --glue FOLDER (with SST-2 in it) and --vocabulary FOLDER' }];
  const found = await peerPython(workspace);
  if ('missing' in found) return [{ name, skipped: found.missing }];
  return measure({ glue, vocabulary, python: found.python });
}
