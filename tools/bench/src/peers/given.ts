import { type Outcome, skip } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { peerPython } from './environment.ts';
import { PeerProcess } from './peer-process.ts';

/** Runs a comparison beside a PyTorch process; skipped, with the reason, where there is no PyTorch. */
export async function withPeer(
  { workspace, threads }: BenchContext,
  measure: (peer: PeerProcess) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const peer = new PeerProcess({ python: await peerPython(workspace), workspace, threads });
  try {
    return await measure(peer);
  } finally {
    await peer.end();
  }
}

/** Folders and the Python that a bench on real sentences beside PyTorch needs. */
export interface RealSentences {
  readonly glue: string;
  readonly vocabulary: string;
  readonly python: string;
}

/** Skipped, with the reason, where something is not there. */
export async function realSentences({ workspace, glue, vocabulary }: BenchContext): Promise<RealSentences> {
  if (glue === undefined || vocabulary === undefined)
    return skip('needs --glue FOLDER (with SST-2 in it) and --vocabulary FOLDER');
  return { glue, vocabulary, python: await peerPython(workspace) };
}
