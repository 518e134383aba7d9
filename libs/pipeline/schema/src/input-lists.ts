import type { InputPort } from '@retort/plugin-kit';
import type { ReferenceProblem } from './input-reference.ts';
import { show } from './json-value.ts';
import type { Schema } from './schema.ts';

type Ports = Readonly<Record<string, InputPort>>;

/** What a pipeline file may write for each input of a stage. */
export function inputSchemas(inputs: Ports): Readonly<Record<string, Schema>> {
  const reference: Schema = { type: 'string', minLength: 1 };
  const list: Schema = { type: 'array', minItems: 1, items: reference };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { list: isList, description }]) => [
      name,
      { description, ...(isList ? { anyOf: [reference, list] } : { type: 'string' }) },
    ]),
  );
}

/** What to write instead of `signals2` and its like, which pipeline files had before inputs could take lists. */
export function listInstead(name: string, inputs: Ports): string | undefined {
  const [, stem = ''] = /^(.*\D)\d+$/.exec(name) ?? [];
  if (!Object.hasOwn(inputs, stem) || !inputs[stem]?.list) return undefined;
  const [type] = inputs[stem].types;
  return ` "${stem}" takes a list, whose first one leads: "${stem}": ["first-stage.${type}", "second-stage.${type}"].`;
}

/** Refuses a list for an input that takes one artifact. One that is not known is the graph's question. */
export function listProblem(name: string, given: readonly unknown[], inputs: Ports): ReferenceProblem | undefined {
  const port = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (port === undefined || port.list) return undefined;
  const message = `The input "${name}" takes one artifact, not a list. Expected "stage.output" of type ${port.types.join(' or ')}, got ${show(given)}.`;
  return { code: 'PIPELINE_LIST_NOT_ALLOWED', message };
}

/** Refuses an artifact that a list already has. */
export function repeatedProblem(
  name: string,
  text: string,
  { first, at }: { first: number; at: number },
): ReferenceProblem {
  const message = `The list of the input "${name}" has ${show(text)} twice, at positions ${first} and ${at} (counted from 0). Remove one of them.`;
  return { code: 'PIPELINE_INPUT_TWICE', message };
}
