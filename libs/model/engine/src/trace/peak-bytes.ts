/** A step of a program: reads values and makes one. */
export interface Computation {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Their output is their first input, looked at differently. */
const VIEWS = new Set(['Reshape', 'Identity']);

/**
 * Most bytes that computed values take at a time when each is let go after its last use. Nodes come in the order in
 * which they run.
 *
 * @param bytesOf 0 for values that someone else holds: outputs of the program, and what is fed into it
 */
export function peakBytes(nodes: readonly Computation[], bytesOf: (name: string) => number): number {
  const origins = new Map<string, string>();
  const originOf = (name: string) => origins.get(name) ?? name;
  for (const { type, inputs, output } of nodes) if (VIEWS.has(type)) origins.set(output, originOf(inputs[0] as string));
  const lastUse = new Map<string, number>();
  for (const [index, { inputs, output }] of nodes.entries())
    for (const name of [...inputs, output]) lastUse.set(originOf(name), index);
  let live = 0;
  let peak = 0;
  const held = new Set<string>();
  for (const [index, { inputs, output }] of nodes.entries()) {
    const made = originOf(output);
    if (made === output) {
      held.add(made);
      live += bytesOf(made);
      peak = Math.max(peak, live);
    }
    for (const name of new Set([...inputs, output].map(originOf)))
      if (lastUse.get(name) === index && held.delete(name)) live -= bytesOf(name);
  }
  return peak;
}
