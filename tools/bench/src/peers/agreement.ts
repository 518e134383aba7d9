/** A comparison of two things that compute something else is worth nothing. */
export function requireAgreement(
  what: string,
  { ours, peers, tolerance }: { ours: number; peers: number; tolerance: number },
): void {
  const difference = Math.abs(ours - peers) / Math.abs(peers);
  if (!(difference <= tolerance))
    throw new Error(`${what} is ${ours} here and ${peers} in PyTorch: not the same work (tolerance ${tolerance}).`);
}
