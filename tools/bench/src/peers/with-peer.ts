import type { BenchContext, Outcome } from '../bench.ts';
import { peerPython } from './environment.ts';
import { PeerProcess } from './peer-process.ts';

/** Runs a comparison beside a PyTorch process; skipped, with the reason, where there is no PyTorch. */
export async function withPeer(
  { workspace, threads }: BenchContext,
  measure: (peer: PeerProcess) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const found = await peerPython(workspace);
  if ('missing' in found) return [{ name: 'beside PyTorch', skipped: found.missing }];
  const peer = new PeerProcess({ python: found.python, workspace, threads });
  try {
    return await measure(peer);
  } finally {
    await peer.end();
  }
}
