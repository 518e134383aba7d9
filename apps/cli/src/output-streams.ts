/**
 * Who reads what a command prints never decides how it ends. `retort run … | head` and a closed terminal take away a
 * reader; progress that cannot be written, on a full disk too, is not missed. Results on standard output that could not
 * be written are reported at the end.
 *
 * @returns waits until everything is written; resolves with what standard output could not take
 */
export function watchOutput(): () => Promise<Error | undefined> {
  const { stdout, stderr } = process;
  let failure: Error | undefined;
  stderr.on('error', () => {});
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isUnread = error.code === 'EPIPE' || (error.code === 'EIO' && stdout.isTTY);
    if (!isUnread) failure ??= error;
  });
  return async () => {
    await new Promise<void>((resolve) => stdout.write('', () => setImmediate(resolve)));
    return failure;
  };
}
