export interface Order {
  /** Every node after all that it needs; otherwise in the order given. */
  readonly order: readonly string[];
  /** Circles that were found, at most 200, first node repeated at the end: `['a', 'b', 'a']`. */
  readonly cycles: readonly (readonly string[])[];
}

const MAX_CYCLES = 200;

/** Depth-first, without recursion: a chain of any length fits. Edges that close a circle are left out of the order. */
export function topologicalOrder(nodes: readonly string[], needs: (node: string) => readonly string[]): Order {
  const order: string[] = [];
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of nodes) {
    if (done.has(start)) continue;
    const path = [{ node: start, rest: needs(start).values() }];
    const onPath = new Set([start]);
    while (path.length > 0) {
      const top = path.at(-1) as (typeof path)[number];
      const next = top.rest.next().value as string | undefined;
      if (next === undefined) {
        path.pop();
        onPath.delete(top.node);
        done.add(top.node);
        order.push(top.node);
      } else if (onPath.has(next)) {
        if (cycles.length === MAX_CYCLES) continue;
        const names = path.map(({ node }) => node);
        cycles.push([...names.slice(names.indexOf(next)), next]);
      } else if (!done.has(next)) {
        path.push({ node: next, rest: needs(next).values() });
        onPath.add(next);
      }
    }
  }
  return { order, cycles };
}
