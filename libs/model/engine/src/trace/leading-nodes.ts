/**
 * Those nodes that lead to some values, in their order, and every value that they read or that is wanted.
 *
 * @param nodes in an order in which they can run
 */
export function leadingNodes<Node extends { readonly inputs: readonly string[] }>(
  nodes: readonly Node[],
  wanted: Iterable<string>,
  outputsOf: (node: Node) => readonly string[],
): { readonly nodes: Node[]; readonly needed: ReadonlySet<string> } {
  const needed = new Set(wanted);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!outputsOf(node).some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return { nodes: kept.reverse(), needed };
}
