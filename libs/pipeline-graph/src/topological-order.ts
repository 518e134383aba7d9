export interface Order {
  /** Every node after all that it needs; otherwise in the order given. */
  readonly order: readonly string[];
  /** Each circle that was found, first node repeated at the end: `['a', 'b', 'a']`. */
  readonly cycles: readonly (readonly string[])[];
}

/** Depth-first, without recursion: a chain of any length fits. Edges that close a circle are left out of the order. */
export function topologicalOrder(nodes: readonly string[], needs: (node: string) => readonly string[]): Order {
  const order: string[] = [];
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of nodes) {
    if (done.has(start)) continue;
    const path: { node: string; rest: string[] }[] = [{ node: start, rest: [...needs(start)] }];
    const onPath = new Set([start]);
    while (path.length > 0) {
      const top = path.at(-1) as (typeof path)[number];
      const next = top.rest.shift();
      if (next === undefined) {
        path.pop();
        onPath.delete(top.node);
        done.add(top.node);
        order.push(top.node);
      } else if (onPath.has(next)) {
        const names = path.map(({ node }) => node);
        cycles.push([...names.slice(names.indexOf(next)), next]);
      } else if (!done.has(next)) {
        path.push({ node: next, rest: [...needs(next)] });
        onPath.add(next);
      }
    }
  }
  return { order, cycles };
}
