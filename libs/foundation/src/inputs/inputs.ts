/**
 * Something of each input of a stage, by the input's name: where it comes from, what is known of it, the artifact itself.
 * An input that takes several artifacts may have a list, whose order counts.
 */
export type ByInput<Value> = Readonly<Record<string, Value | readonly Value[]>>;

/** One artifact of an input: its name, the value, and the place in the input's list, 0 where there is none. */
export type InputEntry<Value> = readonly [name: string, value: Value, at: number];

/** All of them, those of a list one after the other. */
export function inputEntries<Value>(inputs: ByInput<Value>): InputEntry<Value>[] {
  return Object.entries(inputs).flatMap(([name, given]) =>
    listOf(given).map((value, at): InputEntry<Value> => [name, value, at]),
  );
}

/**
 * The other way. Entries of one name are a list, in their order; a single one is not, so that `["a.out"]` and `"a.out"` are
 * the same.
 *
 * @param isList  inputs that have a list even of one
 */
export function byInput<Value>(
  entries: Iterable<readonly [name: string, value: Value, ...rest: readonly unknown[]]>,
  isList: (name: string) => boolean = () => false,
): ByInput<Value> {
  const lists = new Map<string, [Value, ...Value[]]>();
  for (const [name, value] of entries) {
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [value]);
    else list.push(value);
  }
  return Object.fromEntries([...lists].map(([name, list]) => [name, list.length > 1 || isList(name) ? list : list[0]]));
}

/** How messages and keys call one artifact of an input: `signals`, and from the second of a list on `signals[1]`. */
export function inputLabel(name: string, at: number): string {
  return at === 0 ? name : `${name}[${at}]`;
}

/** Where a stage of a pipeline file says it. The list stands for its first. */
export function inputPath(name: string, at: number): readonly (string | number)[] {
  return ['inputs', name, ...(at === 0 ? [] : [at])];
}

function listOf<Value>(given: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(given) ? given : [given as Value];
}
