/** Gives the seconds since it was made. The wall clock may be set back meanwhile, so it never decides a duration. */
export function startStopwatch(): () => number {
  const startedAt = performance.now();
  return () => (performance.now() - startedAt) / 1000;
}
