/** Labels of a model and of data, as far as they are known: names in order, an empty list for regression. */
export interface LabelSets {
  readonly model: readonly string[];
  readonly data: readonly string[];
  /** How messages call the model. */
  readonly name: string;
}

/** Why predictions of the model cannot be held against the data's labels; undefined where they can, in any order. */
export function labelsDiffer({ model, data, name }: LabelSets): string | undefined {
  if ([...model].sort().join('\n') === [...data].sort().join('\n')) return undefined;
  return `${name} answers with ${listed(model)}, but the data is labelled with ${listed(data)}. Labels are matched by name: use a model of this task, or give the data its names.`;
}

function listed(labels: readonly string[]): string {
  return labels.length === 0 ? 'a number (regression)' : labels.map((label) => JSON.stringify(label)).join(', ');
}
